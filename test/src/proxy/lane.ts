import type { Socket } from "node:net";
import type { Weather } from "./script.js";

/** Bytes, or the end, on their way. */
interface Parcel {
  /** Undefined: the end. */
  readonly bytes: Buffer | undefined;
  /** When it may arrive, on performance.now()'s clock. */
  readonly dueAt: number;
}

/** With more than this under way the sender is not read any more, as a link with a full buffer does. */
const mostUnderWayBytes = 32 * 1_024 * 1_024;

/** The last bytes have to be read before the reset: where both arrive at once, node sees an end instead. */
const beforeResetMs = 5;

/** One direction of a connection: reads from one socket, and lets the bytes arrive at the other as the weather says. */
export class Lane {
  /** Bytes that have arrived. */
  passedBytes = 0;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #onReset: () => void;
  readonly #parcels: Parcel[] = [];
  #underWayBytes = 0;
  #readBytes = 0;
  /** When the link will have carried all that it was given. */
  #carriedAt = 0;
  #paused = false;
  #stalled = false;
  #full = false;
  /** Cancels the next look at the parcels. */
  #asleep: (() => void) | undefined;

  /** `onReset` is called when the weather tears the connection down. */
  constructor(from: Socket, to: Socket, weather: Weather, onReset: () => void) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
    this.#onReset = onReset;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => this.#put(undefined));
    if (weather.accident?.afterBytes === 0) this.#suffer();
  }

  /** Lets nothing arrive until `resume`; the sender is read until the link is full. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  /** Lets nothing arrive any more and tells nobody. */
  stall(): void {
    this.#stalled = true;
    this.#parcels.length = 0;
  }

  /** Ends this direction behind what has arrived. */
  end(): void {
    this.stall();
    this.#to.end();
  }

  close(): void {
    this.stall();
    this.#asleep?.();
  }

  #take(bytes: Buffer): void {
    if (this.#stalled) return;
    const { alter, sliceBytes = bytes.length } = this.#weather;
    alter?.(bytes, this.#readBytes);
    this.#readBytes += bytes.length;
    for (let at = 0; at < bytes.length; at += sliceBytes) this.#put(bytes.subarray(at, at + sliceBytes));
    if (this.#underWayBytes > mostUnderWayBytes) this.#from.pause();
  }

  #put(bytes: Buffer | undefined): void {
    if (this.#stalled) return;
    const { latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = this.#weather;
    const length = bytes?.length ?? 0;
    this.#underWayBytes += length;
    this.#carriedAt = Math.max(this.#carriedAt, performance.now()) + (length / bytesPerSecond) * 1_000;
    this.#parcels.push({ bytes, dueAt: this.#carriedAt + latencyMs });
    this.#deliver();
  }

  #deliver(): void {
    if (this.#asleep !== undefined) return;
    while (this.#parcels.length > 0 && !this.#paused && !this.#stalled && !this.#full) {
      const [{ bytes, dueAt }] = this.#parcels as [Parcel];
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) {
        this.#wakeAfter(waitMs);
        return;
      }
      this.#parcels.shift();
      if (bytes === undefined) {
        this.#to.end();
        return;
      }
      this.#pass(bytes);
      if (this.#weather.sliceBytes !== undefined) {
        this.#wakeAfter(0);
        return;
      }
    }
  }

  #pass(bytes: Buffer): void {
    const { accident } = this.#weather;
    const left = accident === undefined ? bytes.length : Math.min(bytes.length, accident.afterBytes - this.passedBytes);
    this.#underWayBytes -= bytes.length;
    this.passedBytes += left;
    this.#full = !this.#to.write(bytes.subarray(0, left));
    if (this.#full) {
      this.#to.once("drain", () => {
        this.#full = false;
        this.#deliver();
      });
    }
    if (this.#underWayBytes < mostUnderWayBytes / 2) this.#from.resume();
    if (accident !== undefined && this.passedBytes >= accident.afterBytes) this.#suffer();
  }

  #suffer(): void {
    const { what } = this.#weather.accident!;
    if (what === "end") {
      this.end();
      return;
    }
    this.stall();
    if (what === "reset") {
      const timer = setTimeout(this.#onReset, beforeResetMs);
      this.#asleep = () => clearTimeout(timer);
    }
  }

  #wakeAfter(waitMs: number): void {
    const wake = (): void => {
      this.#asleep = undefined;
      this.#deliver();
    };
    if (waitMs < 1) {
      const turn = setImmediate(wake);
      this.#asleep = () => clearImmediate(turn);
    } else {
      const timer = setTimeout(wake, waitMs);
      this.#asleep = () => clearTimeout(timer);
    }
  }
}
