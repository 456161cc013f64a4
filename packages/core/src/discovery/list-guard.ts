import type { Clock, Timer } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint } from "../contract/registry.js";

/** How long an instance has to be missing before that is believed, in ms, where too many went at once. */
const believedMs = 10_000;
/** After how long it is logged, in ms: the instances' own farewell may be on its way. */
const loggedMs = 1_000;

export interface ListGuardOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told what is to be called. */
  readonly onList: (endpoints: readonly Endpoint[]) => void;
  /** Has the registry asked again, so that a later list can agree or not. */
  readonly ask: () => void;
}

/** An instance that a list lacks, and that is kept for the time being. */
interface Missing {
  readonly endpoint: Endpoint;
  /** Since when, in ms on the clock. */
  readonly sinceAt: number;
}

const keyOf = ({ id, address }: Endpoint): string => `${id} ${address}`;

/**
 * Stands between what a registry says and what is called. A list that is empty, or lacks more than half of what was there, is
 * more often a registry's fault than the truth: the instances that it lacks are kept until a list at least 10 s later
 * lacks them, too, or until they say themselves that they leave. What a list adds or changes counts at once.
 */
export class ListGuard {
  readonly #options: ListGuardOptions;
  #believed: ReadonlyMap<string, Endpoint> = new Map();
  #missing: ReadonlyMap<string, Missing> = new Map();
  /** Those that have said that they leave, of those that are still listed or kept. */
  readonly #left = new Set<string>();
  #timer: Timer | undefined;
  #logged = false;

  constructor(options: ListGuardOptions) {
    this.#options = options;
  }

  /** Takes a whole list. */
  offer(endpoints: readonly Endpoint[]): void {
    const now = this.#options.clock.now();
    const listed = new Map(endpoints.map((endpoint) => [keyOf(endpoint), endpoint]));
    const addresses = new Set(endpoints.map(({ address }) => address));
    const gone = [...this.#believed].filter(([key]) => !listed.has(key));
    // A new instance at an address has taken the old one's place.
    const unexplained = gone.filter(([key, { address }]) => !this.#left.has(key) && !addresses.has(address));
    const suspicious = listed.size === 0 || unexplained.length * 2 > this.#believed.size || this.#missing.size > 0;
    const missing = new Map<string, Missing>();
    if (suspicious) {
      for (const [key, endpoint] of unexplained) {
        const sinceAt = this.#missing.get(key)?.sinceAt ?? now;
        if (now - sinceAt < believedMs) missing.set(key, { endpoint, sinceAt });
      }
    }
    this.#take(listed, missing);
  }

  /** An instance has said itself that it leaves. */
  onLeave(endpoint: Endpoint): void {
    const key = keyOf(endpoint);
    if (this.#believed.has(key)) this.#left.add(key);
    if (!this.#missing.has(key)) return;
    const missing = new Map(this.#missing);
    missing.delete(key);
    this.#take(new Map([...this.#believed].filter(([known]) => known !== key && !missing.has(known))), missing);
  }

  /** An instance that had said so is there all the same. */
  onReturn(endpoint: Endpoint): void {
    this.#left.delete(keyOf(endpoint));
  }

  /** Asks no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #take(listed: ReadonlyMap<string, Endpoint>, missing: ReadonlyMap<string, Missing>): void {
    this.#missing = missing;
    this.#believed = new Map([...listed, ...[...missing].map(([key, { endpoint }]) => [key, endpoint] as const)]);
    for (const key of this.#left) if (!this.#believed.has(key)) this.#left.delete(key);
    if (missing.size === 0) {
      this.#logged = false;
      this.stop();
    } else {
      this.#wait();
    }
    this.#options.onList([...this.#believed.values()]);
  }

  /** First to log, then to ask: a watch tells only changes, so that nobody else would say that it is still so. */
  #wait(): void {
    const { clock, ask } = this.#options;
    if (this.#timer !== undefined) return;
    const sinceAt = Math.min(...[...this.#missing.values()].map((missing) => missing.sinceAt));
    const dueMs = sinceAt + believedMs - clock.now();
    const waitMs = !this.#logged ? loggedMs : dueMs > 0 ? dueMs : believedMs;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      if (this.#logged) ask();
      else this.#log();
      if (this.#missing.size > 0) this.#wait();
    }, waitMs);
    this.#timer.unref();
  }

  #log(): void {
    this.#logged = true;
    const { logger, service } = this.#options;
    const kept = this.#missing.size;
    logger.warn(`the list of ${service} has shrunk at once; what it lacks is kept until that is certain`, {
      service,
      kept,
      listed: this.#believed.size - kept,
    });
  }
}
