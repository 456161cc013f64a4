import { defineService } from "@rpc/core";

/** A service that costs its server a millisecond of CPU. */
export interface Work {
  burn(): number;
}

export const WorkService = defineService<Work>("Work", { burn: { timeoutMs: 1_000 } });

/** Uses the processor for so long, however often the machine takes it away meanwhile. */
export function burn(forMs: number): number {
  const until = cpuMs() + forMs;
  let made = 1;
  while (cpuMs() < until) for (let n = 0; n < 2_000; n++) made = Math.imul(made, 31) + n;
  return made;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
