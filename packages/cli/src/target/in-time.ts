import { CliError, ExitCode } from "../cli-error.js";

/** How long a registry, or an instance, may take before `rpc` says that it cannot be reached, in ms. */
export const patienceMs = 4_500;

/**
 * Does something that may never end: rejects with `late` after so long, and at once where the user interrupts. What it
 * was doing is told by its own signal.
 */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signal, late, ms = patienceMs }: { signal: AbortSignal; late: string; ms?: number },
): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const { promise: over, reject } = withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  const timer = setTimeout(() => reject(new CliError(late, ExitCode.unreachable)), ms);
  try {
    return await Promise.race([work(stop.signal), over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    stop.abort();
  }
}

function withResolvers<T>(): { promise: Promise<T>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}
