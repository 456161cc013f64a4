import type { Ending, Load, LoadOptions } from "./load.js";
import { Tally } from "./tally.js";

/**
 * Returns a load that always has so many calls in flight: each that ends makes room for the next. It tells what the
 * target carries. Counted is what ends while it is measured, so that the rate needs no correction at the edges; while
 * the target stands still nothing is begun, so that the latency says little of what others would have seen meanwhile.
 */
export function closedLoop({ makeCall, clock, inFlight }: LoadOptions): Load {
  const run = { on: true, tally: new Tally() };
  const lanes: Promise<void>[] = [];

  async function lane(): Promise<void> {
    let at = clock.now();
    while (run.on) {
      try {
        await makeCall();
      } catch (error) {
        run.tally.failedWith(error);
        // What fails at once, fails again at once: without a turn nothing else would ever run.
        await new Promise<void>((resolve) => clock.afterReads(resolve));
        at = clock.now();
        continue;
      }
      // The next one begins now: to look at the clock costs a fiftieth of a call.
      const now = clock.now();
      run.tally.succeeded(now - at);
      at = now;
    }
  }

  return {
    start() {
      for (let each = 0; each < inFlight; each++) lanes.push(lane());
    },
    measure(tally) {
      run.tally = tally;
    },
    stop(): Ending {
      run.on = false;
      run.tally = new Tally(); // what ends from now on does not count
      return { settled: Promise.resolve(), pending: () => 0, notBegun: 0 };
    },
  };
}
