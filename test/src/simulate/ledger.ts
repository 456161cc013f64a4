import type { Call } from "@rpc/core";
import type { SimulatedProcess } from "@rpc/core/testing";

/** One run of a handler. */
export interface Run {
  readonly token: string;
  /** Which run of this token it is, from 1. */
  readonly number: number;
  readonly process: SimulatedProcess;
  readonly connection: string;
}

/** Who ran what, written by the handlers themselves; and every rule that was seen broken. */
export class Ledger {
  readonly violations: string[] = [];
  /** Handlers that are running, by process and by connection. */
  readonly #running = new Map<SimulatedProcess, Map<string, number>>();
  readonly #runs = new Map<string, number>();
  readonly #once = new Set<string>();
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
    const number = this.ran(token) + 1;
    this.#runs.set(token, number);
    if (process.running !== "running")
      this.violated(`${token} ran in ${process.instance}, which is ${process.running}`);
    if (number > 1 && this.#once.has(token)) this.violated(`${token} is not idempotent and ran ${number} times`);
    if (number > 3) this.violated(`${token} ran ${number} times, above the three attempts`);
    if (call === undefined) this.violated(`${token} ran without a call`);
    else if (call.deadline <= process.clock.now()) this.violated(`${token} was begun after its deadline`);
    const run = { token, number, process, connection: call?.peer?.address ?? "" };
    this.#count(run, 1);
    return run;
  }

  end(run: Run): void {
    this.#count(run, -1);
  }

  ran(token: string): number {
    return this.#runs.get(token) ?? 0;
  }

  running(process: SimulatedProcess): number {
    let sum = 0;
    for (const count of this.#running.get(process)?.values() ?? []) sum += count;
    return sum;
  }

  /** Most of what ran on one connection is answered on it: a connection that is gone gave its places back. */
  #count({ process, connection }: Run, by: 1 | -1): void {
    const connections = this.#running.get(process) ?? new Map<string, number>();
    this.#running.set(process, connections);
    const count = (connections.get(connection) ?? 0) + by;
    connections.set(connection, count);
    const { handlersRunning, inFlight } = this.#bounds;
    const all = this.running(process);
    if (all > handlersRunning) this.violated(`${process.instance} runs ${all} handlers, above ${handlersRunning}`);
    if (count > inFlight) this.violated(`${process.instance} runs ${count} calls of ${connection}, above ${inFlight}`);
  }
}
