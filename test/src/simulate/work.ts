import { bind, type Call, type Client, currentCall, defineService, RpcError } from "@rpc/core";
import type { SimulatedProcess } from "@rpc/core/testing";
import type { Ledger } from "./ledger.js";
import { timerOf } from "./pause-of.js";

/** What a call asks its handler to do. */
export interface Work {
  /** Names the call, and no other. */
  readonly token: string;
  /** How long it takes, in ms; 0: it answers at once, and is no promise. */
  readonly ms: number;
  /** Whether it goes on though it was told to stop. */
  readonly stubborn: boolean;
  /** How it fails, if it does. */
  readonly fails: "" | "throws" | "aborted" | "unavailable";
  readonly answerBytes: number;
  /** Calls another server before it answers. */
  readonly nested: "" | "once" | "again";
  readonly filler: string;
}

export interface Done {
  readonly token: string;
  readonly by: string;
  readonly filler: string;
}

export interface Worker {
  once(work: Work): Done;
  again(work: Work): Done;
}

export const WorkerService = defineService<Worker>("sim.Worker", { once: {}, again: { idempotent: true } });

/** What a handler that was asked to fail with an `RpcError` says. */
export const asked = "ASKED";

/** Returns the service of one process. `others` is what its handlers call. */
export function workerOf(process: SimulatedProcess, ledger: Ledger, others: () => Client<Worker> | undefined) {
  const handle = (work: Work): Done | Promise<Done> => {
    const call = currentCall();
    const run = ledger.begin(work.token, process, call);
    const finish = (): Done => {
      ledger.end(run);
      return answer(work, process.instance);
    };
    if (work.ms === 0 && work.nested === "") return finish();
    return (async () => {
      try {
        if (work.ms > 0) await pause(process, work, call);
        if (work.nested !== "") await nested(work, run.number, ledger, others());
      } catch (error) {
        ledger.end(run);
        throw error;
      }
      return finish();
    })();
  };
  return bind(WorkerService, { once: handle, again: handle });
}

function answer({ token, fails, answerBytes }: Work, by: string): Done {
  if (fails === "throws") throw new Error(`as asked by ${token}`);
  if (fails === "aborted") throw new RpcError("aborted", "as asked", { reason: asked, details: { token } });
  if (fails === "unavailable") throw new RpcError("unavailable", "as asked", { reason: asked, details: { token } });
  return { token, by, filler: "a".repeat(answerBytes) };
}

/** Ends early where the handler was told to stop, and listens. */
async function pause(process: SimulatedProcess, { ms, stubborn }: Work, call: Call | undefined): Promise<void> {
  const signal = stubborn ? undefined : call?.signal;
  await timerOf(process, ms, signal);
}

async function nested(work: Work, run: number, ledger: Ledger, others: Client<Worker> | undefined): Promise<void> {
  if (others === undefined || work.nested === "") return;
  const token = `${work.token}/${run}`;
  ledger.expect(token, work.nested);
  const { token: came } = await others[work.nested]({ ...plainWork, token, ms: work.ms });
  if (came !== token) ledger.violated(`a nested call ${token} got the answer of ${came}`);
}

export const plainWork: Work = {
  token: "",
  ms: 0,
  stubborn: false,
  fails: "",
  answerBytes: 0,
  nested: "",
  filler: "",
};
