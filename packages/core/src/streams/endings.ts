import type { Clock } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";

/** How long a producer may take to end before that is written to the log, in ms. */
const patienceMs = 10_000;
/** Producers whose ends are watched: of more the log would not be read. */
const mostWatched = 10_000;

/** A producer that was told to end. */
interface Ending {
  readonly path: string;
  readonly sinceMs: number;
}

/** Ends what yields items that nobody wants any more. Nothing waits for it; what hangs or throws is logged, once. */
export class Endings {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pending = new Set<Ending>();
  #running = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Producers that have not ended, and whose ends are watched. */
  get size(): number {
    return this.#pending.size;
  }

  /** Producers that were told to end and have not. */
  get running(): number {
    return this.#running;
  }

  /** Calls `return` of a producer of the method at `path`. */
  end(producer: AsyncIterator<unknown>, path: string): void {
    try {
      const ended: unknown = producer.return?.();
      if (!(ended instanceof Object) || !("then" in ended)) return;
      const ending: Ending = { path, sinceMs: this.#clock.now() };
      if (this.#pending.size < mostWatched) this.#pending.add(ending);
      this.#running++;
      const over = (): void => {
        this.#running--;
        this.#pending.delete(ending);
      };
      Promise.resolve(ended).then(over, (thrown) => {
        over();
        this.#failed(path, thrown);
      });
    } catch (thrown) {
      this.#failed(path, thrown);
    }
  }

  /** Writes to the log what does not end. */
  tick(now: number): void {
    for (const ending of this.#pending) {
      if (now - ending.sinceMs < patienceMs) return;
      this.#pending.delete(ending);
      this.#logger.warn(
        `a stream of ${ending.path} was left, and what yields it does not end: does its return() wait?`,
        {
          method: ending.path,
        },
      );
    }
  }

  #failed(path: string, thrown: unknown): void {
    this.#logger.error(`a stream of ${path} was left, and what yields it failed to end`, {
      method: path,
      error: textOf(thrown),
    });
  }
}

/** Anything can be thrown, also what throws when it is looked at. */
function textOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown);
  } catch {
    return "something that cannot be shown";
  }
}
