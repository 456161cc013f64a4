import type { Priority } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Method } from "../contract/method.js";
import { defineService } from "../service/define-service.js";
import { type StartLimits, StartQueue } from "./start-queue.js";
import type { Source, Startable, Waiting } from "./waiting.js";

const [plain, limited] = defineService<{ plain(): void; limited(): void }>("Any", {
  plain: {},
  limited: { handlersRunning: 1 },
}).methods as [Method, Method];

export const methods = { plain, limited };

export interface Asked {
  readonly name: string;
  readonly timeoutMs?: number;
  readonly priority?: Priority;
  readonly method?: Method;
  readonly bytes?: number;
  /** When it arrived; now unless something else is said. */
  readonly at?: number;
}

/** A queue whose handlers take time of a clock that the test moves, and a connection or two in front of it. */
export function queueing(costMs: number, limits: Partial<StartLimits> = {}) {
  let now = 0;
  const reads: (() => void)[] = [];
  let timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    afterReads: (run) => void reads.push(run),
    atEndOfTurn: () => {},
    setTimer(run, delayMs) {
      timers.push({ at: now + delayMs, run });
      return { cancel: () => {}, ref: () => {}, unref: () => {} };
    },
  };
  const queue = new StartQueue(clock, {
    handlersRunning: 1_000,
    waitQueueEntries: 1_024,
    waitQueueBytes: 1_000_000,
    ...limits,
  });
  const log: string[] = [];
  const waits: number[] = [];
  const refusedAfter: number[] = [];
  const held: Method[] = [];
  const source = (settles = true): Source & { blocked: boolean; crowding: boolean } => ({
    blocked: false,
    crowding: false,
    begin(call) {
      log.push(nameOf(call));
      waits.push(now - call.startedAt);
      now += costMs;
      if (settles) queue.leave(call.method);
      else held.push(call.method);
    },
    hold: () => {},
    turnAway(call, { error }, retryAfterMs) {
      log.push(`${nameOf(call)} ${error.reason} ${retryAfterMs >= 100 && retryAfterMs < 200}`);
      refusedAfter.push(now - call.startedAt);
    },
    expire: (call) => void log.push(`${nameOf(call)} expired`),
    forget: (call) => void log.push(`${nameOf(call)} forgotten`),
  });
  /** The network has been read: the next turn. */
  const turn = async (): Promise<void> => {
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
    for (const run of reads.splice(0)) run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    queue,
    log,
    waits,
    refusedAfter,
    source,
    now: () => now,
    /** Gives calls of one read to the queue, and lets all follow that needs no further turn. */
    async read(from: Source, ...calls: Asked[]): Promise<readonly Startable[]> {
      const read = calls.map((call) => startable(call, now));
      queue.take(from, read, now);
      await new Promise((resolve) => setImmediate(resolve));
      return read;
    },
    turn,
    async pass(ms: number): Promise<void> {
      now += ms;
      await turn();
    },
    settle(): void {
      for (const method of held.splice(0)) queue.leave(method);
    },
  };
}

function startable(asked: Asked, now: number): Startable {
  const { name, timeoutMs = 10_000, priority = "normal", method = plain, bytes = 10, at = now } = asked;
  const call = {
    name,
    method,
    startedAt: at,
    deadline: at + timeoutMs,
    priority,
    sizeBytes: bytes,
    oneway: false,
    abandoned: undefined,
    waiting: undefined as Waiting | undefined,
  };
  return call;
}

function nameOf(call: Startable): string {
  return (call as Startable & { readonly name: string }).name;
}
