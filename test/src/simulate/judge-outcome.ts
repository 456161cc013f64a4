import type { RpcError } from "@rpc/core";
import type { Made } from "./made.js";
import { neverAmongFriends } from "./never-among-friends.js";
import { asked, type Done } from "./work.js";

/** Returns which rules a call's outcome breaks, by itself and beside how often its handler ran. */
export function judgeOutcome(made: Made, answer: Done | undefined, error: RpcError | undefined, ran: number): string[] {
  if (error !== undefined) return made.way === "oneway" ? ofOneway(error, ran) : ofError(made, error, ran);
  if (made.way === "oneway") return answer === undefined ? [] : ["is oneway, and was answered"];
  return answer === undefined ? ["succeeded without an answer"] : ofAnswer(made, answer, ran);
}

function ofAnswer({ work: { token, answerBytes, fails } }: Made, answer: Done, ran: number): string[] {
  const broken: string[] = [];
  if (answer.token !== token) broken.push(`got the answer of ${answer.token}`);
  if (answer.filler.length !== answerBytes) broken.push(`got ${answer.filler.length} of ${answerBytes} bytes`);
  if (fails !== "") broken.push("succeeded, though its handler threw");
  if (ran === 0) broken.push("was answered, though no handler ran");
  return broken;
}

function ofError({ work: { token, fails } }: Made, error: RpcError, ran: number): string[] {
  const { reason, processed, details, message } = error;
  const broken: string[] = [];
  if (processed === "no" && ran > 0) broken.push(`${reason}, processed no, though its handler ran`);
  if (processed === "yes" && ran === 0) broken.push(`${reason}, processed yes, though no handler ran`);
  if (neverAmongFriends.has(reason)) broken.push(`${reason}: ${message}`);
  if (reason !== asked) return broken;
  if ((details as { token?: string } | undefined)?.token !== token) broken.push("got the error of another call");
  if (fails !== "aborted" && fails !== "unavailable") broken.push("failed as it was not asked to");
  return broken;
}

/** Who is told nothing by a server cannot know that a handler ran, nor what it threw. */
function ofOneway({ reason, processed, message }: RpcError, ran: number): string[] {
  const broken: string[] = [];
  if (processed === "yes" || reason === asked) broken.push(`is oneway, and heard ${reason}, processed ${processed}`);
  if (processed === "no" && ran > 0) broken.push(`${reason}, processed no, though its handler ran`);
  if (neverAmongFriends.has(reason)) broken.push(`${reason}: ${message}`);
  return broken;
}
