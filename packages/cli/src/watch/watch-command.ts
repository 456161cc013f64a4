import { ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import { openTarget, type Target } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { type Asked, askInstances } from "./ask-instance.js";
import { ClusterView, type Happening } from "./cluster-view.js";
import { jsonOf, lineOf } from "./lines.js";
import { ofAddress } from "./of-address.js";
import { openScreen } from "./screen.js";
import { watch } from "./watch.js";

/** How often a screen is drawn, in ms. */
const drawMs = 200;

export interface WatchCommandOptions extends TargetOptions {
  readonly intervalMs: number;
  /** Ends by itself after so long; undefined: never. */
  readonly seconds?: number;
}

/** Shows which instances come and go, and what they do, until Ctrl-C: live on a terminal, else in lines. */
export async function watchCommand(args: Args<WatchCommandOptions>, io: Io): Promise<number> {
  const { intervalMs: everyMs, seconds } = args.options;
  const target = await openTarget(args.options, io);
  // Not AbortSignal.any: on Node 20 what it returns may be collected before it aborts.
  const end = new AbortController();
  const stop = (): void => end.abort();
  io.signal.addEventListener("abort", stop);
  if (io.signal.aborted) stop();
  const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1_000);
  try {
    await (io.isTTY && !args.json ? onScreen : inLines)(target, args, io, { everyMs, signal: end.signal });
    return ExitCode.ok;
  } finally {
    clearTimeout(timer);
    io.signal.removeEventListener("abort", stop);
    await target.close();
  }
}

interface Span {
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

async function onScreen(target: Target, args: Args, { stdout }: Io, span: Span): Promise<void> {
  const view = new ClusterView(() => {});
  const screen = openScreen(stdout, target.name);
  const timer = setInterval(() => screen.draw(view, performance.now()), drawMs);
  try {
    await watchTarget(target, args, view, span);
  } finally {
    clearInterval(timer);
    screen.close();
  }
}

async function inLines(target: Target, args: Args, { stdout }: Io, span: Span): Promise<void> {
  const shown = args.json ? jsonOf : lineOf;
  const print = (happening: Happening): void => void stdout.write(`${shown(happening, new Date())}\n`);
  await watchTarget(target, args, new ClusterView(print), span);
}

async function watchTarget(target: Target, { operands }: Args, view: ClusterView, span: Span): Promise<void> {
  const { systemClock: clock } = await import("@rpc/core");
  const open = await askInstances(target.settings);
  const options = { services: operands, open, clock, ...span };
  if (target.registry !== undefined) return watch(view, { listing: target.registry, ...options });
  const [here] = await target.instances("");
  const asked: Asked = open(here!);
  await watch(view, { listing: ofAddress(here!, asked.services, clock), ...options });
  await asked.close();
}
