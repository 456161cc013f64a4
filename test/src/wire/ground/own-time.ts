const everyMs = 5;
/** How late a timer may be that nothing holds up. */
const graceMs = 20;

/** A clock that stands still while the machine gives this process no processor. */
export interface OwnTime {
  now(): number;
  stop(): void;
}

/** Starts such a clock: it looks every few ms for how long it was not asked, and how much of that this process has worked. */
export function ownTime(): OwnTime {
  let heldUpMs = 0;
  let at = performance.now();
  let cpu = process.cpuUsage();
  const look = (): number => {
    const now = performance.now();
    if (now - at > everyMs + graceMs) {
      const { user, system } = process.cpuUsage(cpu);
      heldUpMs += Math.max(0, now - at - (user + system) / 1_000 - everyMs);
    }
    cpu = process.cpuUsage();
    at = now;
    return now - heldUpMs;
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return { now: look, stop: () => clearInterval(timer) };
}
