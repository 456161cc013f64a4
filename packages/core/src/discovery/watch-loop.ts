import { isDeepStrictEqual } from "node:util";
import { Backoff, type BackoffOptions } from "../clock/backoff.js";
import { pause } from "../clock/pause.js";
import type { Clock, Random, Timer } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Endpoint, Registry } from "../contract/registry.js";

/** A watch that lasted so long was a good one, in ms. */
const healthyMs = 10_000;
/** The longest wait between two watches, in ms, ± 20 %: who comes after an outage is to be seen soon. */
const longestWaitMs = 10_000;
/** How often the whole list is asked for, whatever a watch tells, in ms, ± 20 %. */
const relistMs = 60_000;
/** How long an answer may take, in ms: a registry that never answers must not end the asking. */
const answerMs = 10_000;

export interface WatchLoopOptions {
  readonly registry: Registry;
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff: BackoffOptions;
  readonly logger: Logger;
  /** Told each list, also one that says again what the last one said. */
  readonly onList: (endpoints: readonly Endpoint[]) => void;
  /** The watch was lost; the last list stays in force and a new watch follows after a wait. */
  readonly onLost: (cause: unknown) => void;
}

/**
 * Follows the list of a service: watches it, and begins anew, after a wait that grows, where the watch ends or throws. Each minute
 * the whole list is asked for: a watch that has missed a change without a word is begun anew at once.
 */
export class WatchLoop {
  /** Resolves when it has ended, because of its signal. Never rejects. */
  readonly over: Promise<void>;
  readonly #options: WatchLoopOptions;
  readonly #signal: AbortSignal;
  #last: readonly Endpoint[] | undefined;
  #relist: Timer | undefined;
  /** Ends the watch at hand, to begin another. */
  #renew = (): void => {};

  constructor(options: WatchLoopOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.over = this.#run();
  }

  /** Asks for the whole list now. Never rejects: what a registry lists may be anything. */
  async ask(): Promise<void> {
    const { onList, logger, service } = this.#options;
    const before = this.#last;
    const list = await this.#list();
    // What the watch has told meanwhile is newer.
    if (list === undefined || this.#signal.aborted || this.#last !== before) return;
    try {
      onList(list);
      if (before === undefined || same(list, before)) return;
      this.#last = list;
      this.#renew();
    } catch (error) {
      const message = `the list of ${service} cannot be used; the last known list stays in force`;
      logger.error(message, { service, error: String(error) });
    }
  }

  /** Resolves to the whole list; undefined where the registry cannot say: its watch tells of that. */
  async #list(): Promise<readonly Endpoint[] | undefined> {
    const { registry, service, clock } = this.#options;
    const over = new AbortController();
    const end = (): void => over.abort();
    this.#signal.addEventListener("abort", end);
    try {
      const late = pause(clock, answerMs, over.signal).then(() => undefined);
      return await Promise.race([registry.list(service, over.signal), late]);
    } catch {
      return undefined;
    } finally {
      end();
      this.#signal.removeEventListener("abort", end);
    }
  }

  async #run(): Promise<void> {
    const { clock, random, logger, service } = this.#options;
    const { longestMs = longestWaitMs } = this.#options.backoff;
    const backoff = new Backoff({ ...this.#options.backoff, longestMs: Math.min(longestMs, longestWaitMs) }, random);
    this.#relistLater();
    while (!this.#signal.aborted) {
      const startedAt = clock.now();
      const { renewed, cause } = await this.#watch();
      if (this.#signal.aborted) break;
      if (renewed) continue;
      if (clock.now() - startedAt >= healthyMs) backoff.reset();
      const waitMs = backoff.next();
      logger.warn(`the watch of ${service} was lost; the last known list stays in force`, {
        service,
        retryInMs: Math.round(waitMs),
        error: cause instanceof Error ? cause.message : undefined,
      });
      this.#options.onLost(cause);
      await pause(clock, waitMs, this.#signal);
    }
    this.#relist?.cancel();
  }

  async #watch(): Promise<{ readonly renewed: boolean; readonly cause: unknown }> {
    const { registry, service, onList } = this.#options;
    const stop = new AbortController();
    let renewed = false;
    const end = (): void => stop.abort();
    this.#signal.addEventListener("abort", end);
    this.#renew = () => {
      renewed = true;
      end();
    };
    try {
      for await (const endpoints of registry.watch(service, stop.signal)) {
        if (stop.signal.aborted) break;
        this.#last = endpoints;
        onList(endpoints);
      }
      return { renewed, cause: undefined };
    } catch (cause) {
      return { renewed, cause };
    } finally {
      this.#renew = () => {};
      this.#signal.removeEventListener("abort", end);
    }
  }

  #relistLater(): void {
    const { clock, random } = this.#options;
    this.#relist = clock.setTimer(
      () => {
        void this.ask().then(() => {
          if (!this.#signal.aborted) this.#relistLater();
        });
      },
      relistMs * (0.8 + 0.4 * random()),
    );
    this.#relist.unref();
  }
}

/** Whether two lists say the same, in whatever order. */
function same(one: readonly Endpoint[], other: readonly Endpoint[]): boolean {
  return isDeepStrictEqual(sorted(one), sorted(other));
}

function sorted(list: readonly Endpoint[]): readonly Endpoint[] {
  return [...list].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
