import type { Connector, Endpoint } from "@rpc/core";
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
import { argumentsFrom, checkOffered, type NamedMethod, namedMethod } from "./what-to-call.js";

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
  const [name = "", ...texts] = args.operands;
  const method = namedMethod(name);
  const input = argumentsFrom(texts);
  const { connections, timeoutMs } = args.options;
  const target = await openTarget(args.options, io);
  try {
    const endpoints = await callable(target, method);
    await checkMethod(target, endpoints[0]!, method);
    const { connector, close } = await openSubject(target, endpoints, { connections, timeoutMs });
    try {
      const makeCall = await callOf(connector, method, input);
      await tryOnce(makeCall, name, target);
      const result = await measure(makeCall, name, target, args.options, io);
      io.stdout.write(args.json ? `${printableJson(result)}\n` : printResult(result));
      return result.ok === 0 ? ExitCode.no : ExitCode.ok;
    } finally {
      await close();
    }
  } finally {
    await target.close();
  }
}

async function callable(target: Target, { service }: NamedMethod): Promise<readonly Endpoint[]> {
  const endpoints = (await target.instances(service)).filter(({ inactive }) => !inactive);
  if (endpoints.length > 0) return endpoints;
  throw new CliError(`no instance of ${service} can be called at ${target.name}`, ExitCode.unreachable);
}

/** A method that is not there, or whose calls are streams, is told before anything is measured, where servers tell what they serve. */
async function checkMethod(target: Target, endpoint: Endpoint, method: NamedMethod): Promise<void> {
  const offered = await target
    .ask(endpoint)
    .services()
    .catch((error: unknown) => {
      const told = failure(`asking ${endpoint.address} what it serves`, error);
      if (told instanceof CliError && told.exitCode === ExitCode.no) return undefined; // it does not tell everybody
      throw told;
    });
  if (offered !== undefined) checkOffered(method, offered);
}

async function callOf(connector: Connector, { service, method }: NamedMethod, input: readonly unknown[]) {
  const { defineService } = await import("@rpc/core");
  type Called = Record<string, (...input: readonly unknown[]) => Promise<unknown>>;
  const client = connector.client(defineService<Called>(service, { [method]: {} })) as Called;
  const call = client[method]!;
  const [first] = input;
  return input.length === 1 ? () => call.call(client, first) : () => call.apply(client, [...input]);
}

/** What nobody answers is not put under load; a call that fails by itself is what somebody may want to measure. */
async function tryOnce(makeCall: MakeCall, name: string, target: Target): Promise<void> {
  try {
    await makeCall();
  } catch (error) {
    const told = failure(`calling ${name} at ${target.name}`, error);
    const { code } = error as { readonly code?: string };
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
  const measured = await runLoad(load, {
    clock,
    warmUpMs: warmUpSeconds * 1_000,
    forMs: seconds * 1_000,
    graceMs: timeoutMs + 100,
    signal: io.signal,
    onProgress: progress.show,
  });
  progress.clear();
  return resultOf({ method, target: target.name, connections, inFlight, rate }, measured);
}
