import { isDeepStrictEqual } from "node:util";
import { connect, memoryTransport, RpcError, type Transport, withOptions } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { kinds } from "../wire/raw/numbers.js";
import { TargetService } from "./attack-server.js";
import { methods, streaming, tokenOf } from "./conversation.js";
import type { FuzzCase } from "./fuzz-case.js";
import { mustEnd } from "./must-end.js";
import { answersOrEnds } from "./probe.js";
import { judgeStreams, type ReadStream, readStream } from "./read-stream.js";
import { type Heard, responsesTo } from "./said.js";
import { StreamEnd } from "./stream-end.js";

const address = "memory://evil";
const timeoutMs = 2_000;
const pingToken = Buffer.from("fuzzping");

/** Real clients whose server speaks raw frames, a client for each case. */
export interface ClientTarget {
  readonly clock: ManualClock;
  attack(fuzzCase: FuzzCase): Promise<string[]>;
  close(): Promise<void>;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

export async function clientTarget(): Promise<ClientTarget> {
  const clock = createManualClock();
  const memory = memoryTransport();
  let accepted: StreamEnd | undefined;
  const listener = await memory.listen(address, (stream) => {
    // One that is dialled again gets no answer: what matters is the first.
    const end = new StreamEnd(stream);
    accepted ??= end;
  });
  const transports: Readonly<Record<string, Transport>> = { memory };
  return {
    clock,
    async attack({ steps, calls, streams, legal }) {
      accepted = undefined;
      const connector = connect({
        address,
        transports,
        clock,
        timeoutMs,
        retry: false,
        random: () => 0.5,
        compression: ["lz4", "deflate"],
      });
      const client = connector.client(TargetService);
      const outcomes: (Outcome | undefined)[] = [];
      const timed = withOptions(client, { timeoutMs });
      const made: ReadStream[] = streaming.slice(0, streams).map((method) => ({ method, read: [], over: false }));
      for (let call = 0; call < calls - streams; call++) {
        outcomes.push(undefined);
        client[methods[call % methods.length]!](tokenOf(call + 2)).then(
          (value) => {
            outcomes[call] = { value };
          },
          (error: unknown) => {
            outcomes[call] = { error };
          },
        );
      }
      for (const stream of made) void readStream(timed, stream);
      await clock.settle();
      const end = accepted as StreamEnd | undefined;
      if (end === undefined) return ["it did not connect"];
      for (const step of steps) {
        for (const bytes of step) end.write(bytes);
        await clock.settle();
      }
      const early = unsettled(outcomes, end);
      const why = mustEnd("acceptor", end.saidAsSent, end.heard);
      if (outcomes.includes(undefined) || made.some(({ over }) => !over)) await clock.advance(timeoutMs + 25);
      const broken = [...early, ...judged(outcomes, end, legal), ...judgeStreams(made, end, legal)];
      if (why !== undefined && !end.over) broken.push(`it goes on after ${why}`);
      if (!(await answersOrEnds(end, clock, pingToken)))
        broken.push("it neither answers a ping nor ends the connection");
      end.gone();
      const closed = connector.close();
      await clock.settle();
      let over = false;
      void closed.then(() => {
        over = true;
      });
      for (let waitedMs = 0; !over && waitedMs < 30_000; waitedMs += 1_000) await clock.advance(1_000);
      if (!over) broken.push("it does not close");
      return broken;
    },
    close: () => listener.close(),
  };
}

/** Calls that were written settle with their connection. */
function unsettled(outcomes: readonly (Outcome | undefined)[], end: StreamEnd): string[] {
  if (!end.over) return [];
  return [...outcomes.keys()]
    .filter((call) => outcomes[call] === undefined && idOf(tokenOf(call + 2), end.heard) > 0)
    .map((call) => `call ${call} was written, its connection is over, and it has not settled`);
}

function judged(outcomes: readonly (Outcome | undefined)[], end: StreamEnd, legal: boolean): string[] {
  const broken: string[] = [];
  const said = end.said;
  for (const [call, outcome] of outcomes.entries()) {
    const id = idOf(tokenOf(call + 2), end.heard);
    if (outcome === undefined) broken.push(`call ${call} has not settled`);
    else if ("value" in outcome) {
      const values = responsesTo(id, said);
      if (!values.some((value) => isDeepStrictEqual(value, outcome.value))) {
        broken.push(`call ${id} got ${JSON.stringify(outcome.value)}, which nobody answered to it`);
      }
    } else if (!(outcome.error instanceof RpcError)) broken.push(`call ${id} failed with ${String(outcome.error)}`);
    else if (legal && outcome.error.reason !== "ASKED") broken.push(`call ${id} failed with ${outcome.error.message}`);
  }
  return broken;
}

/** The id under which a call was made; a server that lacks a method shifts those of the others. */
function idOf(token: string, heard: readonly Heard[]): number {
  return heard.find(({ kind, rest }) => kind === kinds.request && rest.includes(token))?.id ?? 0;
}
