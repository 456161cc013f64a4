import type { Clock, Endpoint } from "@rpc/core";
import { pause } from "../pause.js";
import { everyService } from "./rates.js";
import type { Listing } from "./watch.js";

const askAgainMs = 2_000;

/**
 * Returns what stands for a registry where one address is watched: its services are those that it tells, and all of them
 * together while it does not.
 */
export function ofAddress(
  endpoint: Endpoint,
  ask: (signal: AbortSignal) => Promise<readonly string[]>,
  clock: Clock,
): Listing {
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return {
    async *services(signal) {
      for (let first = true; !signal.aborted; first = false) {
        const names = await ask(signal).catch(() => undefined); // whoever asks for figures is told why
        if (names !== undefined && names.length > 0) {
          tell();
          yield names;
          return await aborted(signal);
        }
        if (first) yield [everyService];
        await pause(askAgainMs, clock, signal);
      }
    },
    async *watch(service, signal) {
      yield [endpoint];
      if (service !== everyService) return await aborted(signal);
      await Promise.race([told, aborted(signal)]);
      yield []; // its services stand for themselves
      await aborted(signal);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
