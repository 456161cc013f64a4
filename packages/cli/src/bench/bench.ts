import type { Connector } from "@rpc/core";
import { askService, methodContract, methodOf } from "../ask/ask-service.js";
import { methodPath } from "../ask/method-path.js";
import { createInput } from "../call/input.js";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import { failure } from "../failure.js";
import type { Io } from "../io.js";
import { printableJson } from "../printable.js";
import { openTarget, type Target } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { closedLoop } from "./closed-loop.js";
import type { MakeCall } from "./load.js";
import { openLoop } from "./open-loop.js";
import { openSubject } from "./open-subject.js";
import { printResult } from "./print-result.js";
import { showProgress } from "./progress-bar.js";
import { type BenchResult, resultOf } from "./result.js";
import { runLoad } from "./run-load.js";

/** Of a closed loop, and of an open one. */
const defaultInFlight = { closed: 64, open: 1_000 };

export interface BenchOptions extends TargetOptions {
  /** Calls a second: an open loop. */
  readonly rate?: number;
  readonly inFlight?: number;
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly timeoutMs: number;
}

/** Measures a method under load, and prints what it came to: also what there is when Ctrl-C comes. */
export async function bench(args: Args<BenchOptions>, io: Io): Promise<number> {
  const [path = "", ...texts] = args.operands;
  const { service: name, method } = methodPath(path);
  const input = createInput(texts, io);
  await input.readAll(); // what is no JSON is told before anything is dialled
  const { connections, timeoutMs } = args.options;
  const target = await openTarget(args.options, io);
  try {
    const service = await askService(target, name);
    const { kind } = methodOf(service, method, undefined);
    if (kind !== "unary") throw new CliError(`${path} is a stream (${kind}): rpc bench measures calls with one answer`);
    const values = input.valuesFor(path, kind, methodContract(service, method), service.contract?.types ?? {});
    const instances = service.instances.filter(({ inactive }) => !inactive);
    const { connector, close } = await openSubject(target, instances, { connections, timeoutMs });
    try {
      const makeCall = await callOf(connector, name, method, values);
      await tryOnce(makeCall, path, target, io);
      const result = await measure(makeCall, path, target, args.options, io);
      io.stdout.write(args.json ? `${printableJson(result)}\n` : printResult(result));
      return result.ok === 0 ? ExitCode.no : ExitCode.ok;
    } finally {
      await close();
    }
  } finally {
    input.close();
    await target.close();
  }
}

async function callOf(
  connector: Connector,
  service: string,
  method: string,
  input: readonly unknown[],
): Promise<MakeCall> {
  const { defineService } = await import("@rpc/core");
  type Called = Record<string, (...input: readonly unknown[]) => Promise<unknown>>;
  const client = connector.client(defineService<Called>(service, { [method]: {} })) as Called;
  const call = client[method]!;
  const [first] = input;
  return input.length === 1 ? () => call.call(client, first) : () => call.apply(client, [...input]);
}

/** What nobody answers is not put under load; a call that fails by itself is what somebody may want to measure. */
async function tryOnce(makeCall: MakeCall, name: string, target: Target, { signal }: Io): Promise<void> {
  try {
    const interrupted = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason)),
    );
    signal.throwIfAborted();
    await Promise.race([makeCall(), interrupted]);
  } catch (error) {
    const told = failure(`calling ${name} at ${target.name}`, error);
    const { code } = error as { readonly code?: string };
    if (signal.aborted) throw error;
    if (told instanceof CliError && (told.exitCode === ExitCode.unreachable || code === "unimplemented")) throw told;
  }
}

async function measure(
  makeCall: MakeCall,
  method: string,
  target: Target,
  options: BenchOptions,
  io: Io,
): Promise<BenchResult> {
  const { systemClock: clock } = await import("@rpc/core");
  const { rate, connections, seconds, warmUpSeconds, timeoutMs } = options;
  const { inFlight = rate === undefined ? defaultInFlight.closed : defaultInFlight.open } = options;
  const load =
    rate === undefined ? closedLoop({ makeCall, clock, inFlight }) : openLoop({ makeCall, clock, inFlight, rate });
  const progress = showProgress(io);
  const measured = runLoad(load, {
    clock,
    warmUpMs: warmUpSeconds * 1_000,
    forMs: seconds * 1_000,
    graceMs: timeoutMs + 100,
    signal: io.signal,
    onProgress: progress.show,
  }).finally(progress.clear);
  return resultOf({ method, target: target.name, connections, inFlight, rate }, await measured);
}
