/** Returns the machine's time since it started, in ms: the same in all of its processes, whatever happens to the clock on the wall. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
