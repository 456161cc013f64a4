import type { Call } from "@rpc/core";
import type { SimulatedProcess } from "@rpc/core/testing";

/** One run of a handler. */
export interface Run {
  readonly token: string;
  /** Which run of this token it is, from 1. */
  readonly number: number;
  readonly process: SimulatedProcess;
  readonly call: Call | undefined;
}

/** Who ran what, written by the handlers themselves; and every rule that was seen broken. */
export class Ledger {
  readonly violations: string[] = [];
  /** Handlers that are running, by process. */
  readonly #running = new Map<SimulatedProcess, Set<Run>>();
  readonly #runs = new Map<string, number>();
  readonly #reached = new Set<string>();
  readonly #once = new Set<string>();
  readonly #producing = new Map<SimulatedProcess, number>();
  readonly #bounds: { readonly handlersRunning: number; readonly inFlight: number };

  constructor(bounds: { readonly handlersRunning: number; readonly inFlight: number }) {
    this.#bounds = bounds;
  }

  violated(what: string): void {
    // The first few tell the story.
    if (this.violations.length < 20) this.violations.push(what);
  }

  /** Says how a call will be made, before it is. */
  expect(token: string, method: "once" | "again"): void {
    if (method === "once") this.#once.add(token);
  }

  begin(token: string, process: SimulatedProcess, call: Call | undefined): Run {
    const run: Run = { token, number: this.#count(token, process, call), process, call };
    this.#checkRunning(run);
    return run;
  }

  /** As `begin`, of a handler with streams, which holds no place of those that run. Returns which run of this token it is, from 1. */
  beginStream(token: string, process: SimulatedProcess, call: Call | undefined): number {
    return this.#count(token, process, call);
  }

  /** A handler was reached. One that is a generator begins later, or never: when its first item is asked for. */
  reach(token: string): void {
    this.#reached.add(token);
  }

  reached(token: string): boolean {
    return this.#reached.has(token);
  }

  /** A producer of items was begun in a process, or has ended. */
  producing(process: SimulatedProcess, change: 1 | -1): void {
    this.#producing.set(process, this.producers(process) + change);
  }

  /** Producers that were begun in a process and have not ended. */
  producers(process: SimulatedProcess): number {
    return this.#producing.get(process) ?? 0;
  }

  end(run: Run): void {
    this.#running.get(run.process)?.delete(run);
  }

  ran(token: string): number {
    return this.#runs.get(token) ?? 0;
  }

  #count(token: string, process: SimulatedProcess, call: Call | undefined): number {
    const number = this.ran(token) + 1;
    this.#runs.set(token, number);
    if (process.running !== "running")
      this.violated(`${token} ran in ${process.instance}, which is ${process.running}`);
    if (number > 1 && this.#once.has(token)) this.violated(`${token} is not idempotent and ran ${number} times`);
    if (number > 3) this.violated(`${token} ran ${number} times, above the three attempts`);
    if (call === undefined) this.violated(`${token} ran without a call`);
    else if (call.deadline <= process.clock.now()) this.violated(`${token} was begun after its deadline`);
    return number;
  }

  #checkRunning(run: Run): void {
    const { process, call } = run;
    const running = this.#running.get(process) ?? new Set<Run>();
    this.#running.set(process, running);
    running.add(run);
    const { handlersRunning, inFlight } = this.#bounds;
    if (running.size > handlersRunning)
      this.violated(`${process.instance} runs ${running.size} handlers, above ${handlersRunning}`);
    const address = call?.peer?.address;
    let awaited = 0;
    // One whose caller has gone counts no longer, and for a oneway one nobody waits.
    for (const other of running) {
      const { peer, abandoned, oneway } = other.call ?? {};
      if (peer?.address === address && abandoned === undefined && oneway !== true) awaited++;
    }
    if (awaited > inFlight) this.violated(`${process.instance} runs ${awaited} calls of ${address}, above ${inFlight}`);
  }
}
