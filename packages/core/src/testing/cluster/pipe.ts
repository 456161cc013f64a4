import type { Random } from "../../contract/clock.js";
import type { Route } from "./conditions.js";
import { Digest } from "./trace.js";
import { type Happening, Rank, type VirtualTime } from "./virtual-time.js";

/** The most that is sent, or read, in one piece. */
const pieceBytes = 65_536;

export interface PipeOptions {
  readonly time: VirtualTime;
  readonly route: Route;
  readonly random: Random;
  /** For the trace. */
  readonly name: string;
  /** Something came that the reading side may want: bytes, the end, or a reset. */
  readonly onArrival: () => void;
}

/** Something that is under way. */
interface Sent {
  readonly what: string;
  readonly arrive: () => void;
}

/**
 * One direction of a connection, as two kernels have it: a send buffer, bytes under way, and bytes that have arrived and
 * were not read. It goes on whatever becomes of the processes at its ends.
 */
export class Pipe {
  readonly #options: PipeOptions;
  /** Bytes the sending system holds. */
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;
  /** A write that has not fitted in yet. */
  #write: { bytes: Buffer; readonly done: () => void } | undefined;
  /** In the order in which it was sent. */
  readonly #underWay = new Map<Happening, Sent>();
  #underWayBytes = 0;
  /** What came to the place where the way is blocked. */
  readonly #held: Sent[] = [];
  #lineFreeAt = 0;
  #lastArrivalAt = 0;
  #arrived: Buffer[] = [];
  #arrivedBytes = 0;
  #end: "open" | "asked" | "sent" | "arrived" = "open";
  #reset: "no" | "sent" | "arrived" = "no";
  #waitsForRoute = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  /** Bytes that were sent and not read: in buffers and under way. */
  get bytes(): number {
    return this.#bufferedBytes + this.#underWayBytes + this.#arrivedBytes + (this.#write?.bytes.length ?? 0);
  }

  get arrivedBytes(): number {
    return this.#arrivedBytes;
  }

  /** Whether everything has been read, the end included. */
  get ended(): boolean {
    return this.#end === "arrived" && this.#arrivedBytes === 0;
  }

  get wasReset(): boolean {
    return this.#reset === "arrived";
  }

  /** Takes bytes; calls `done` once the sending system holds them all. */
  write(bytes: Buffer, done: () => void): void {
    this.#write = { bytes, done };
    this.#fill();
  }

  /** Behind what was written comes the end. */
  end(): void {
    if (this.#end !== "open") return;
    this.#end = "asked";
    this.#send();
  }

  /** The sending process is gone: what its system does not hold yet is lost, the rest still leaves. */
  abandon(): void {
    this.#write = undefined;
    this.end();
  }

  /** Tells the reading side that the connection is no more. What is under way before it still arrives. */
  sendReset(): void {
    if (this.#reset !== "no") return;
    this.#reset = "sent";
    this.#forgetBuffered();
    const { conditions } = this.#options.route;
    this.#launch(this.#options.time.now + conditions.latencyMs, "reset", () => this.#onReset());
  }

  /** The connection breaks here and now, and everything under way is lost. */
  break(): void {
    this.#forgetBuffered();
    this.#forgetUnderWay();
    this.#reset = "sent";
    this.#onReset();
  }

  /** Nothing of it is wanted any more. */
  forget(): void {
    this.#forgetBuffered();
    this.#forgetUnderWay();
    this.#arrived = [];
    this.#arrivedBytes = 0;
  }

  /** Takes what has arrived, a piece at a time. */
  read(): Buffer | undefined {
    if (this.#arrivedBytes === 0) return undefined;
    let piece = this.#arrived.length === 1 ? this.#arrived[0]! : Buffer.concat(this.#arrived);
    this.#arrived = [];
    if (piece.length > pieceBytes) {
      this.#arrived.push(piece.subarray(pieceBytes));
      piece = piece.subarray(0, pieceBytes);
    }
    this.#arrivedBytes -= piece.length;
    this.#send();
    return piece;
  }

  /** Drops what arrived and was not read, as a reset may. */
  dropArrived(): void {
    this.#arrived = [];
    this.#arrivedBytes = 0;
  }

  #fill(): void {
    const write = this.#write;
    if (write === undefined) {
      this.#send();
      return;
    }
    const room = this.#options.route.conditions.sendBufferBytes - this.#bufferedBytes;
    const part = write.bytes.subarray(0, Math.max(0, room));
    if (part.length > 0) {
      this.#buffered.push(part);
      this.#bufferedBytes += part.length;
      write.bytes = write.bytes.subarray(part.length);
    }
    if (write.bytes.length === 0) {
      this.#write = undefined;
      write.done();
    }
    this.#send();
  }

  /** Sends what the window has room for. */
  #send(): void {
    const { route } = this.#options;
    if (this.#reset !== "no") return;
    if (route.blocked) {
      this.#waitForRoute();
      return;
    }
    let sent = false;
    while (this.#bufferedBytes > 0) {
      const room = route.conditions.windowBytes - this.#underWayBytes - this.#arrivedBytes;
      // As in TCP: a reader that frees a few bytes at a time is not sent a few bytes at a time.
      if (room < Math.min(this.#bufferedBytes, route.conditions.windowBytes / 2)) break;
      this.#sendPiece(Math.min(room, pieceBytes, this.#bufferedBytes));
      sent = true;
    }
    if (this.#bufferedBytes === 0 && this.#write === undefined && this.#end === "asked") {
      this.#end = "sent";
      const { latencyMs } = route.conditions;
      this.#launch(this.#options.time.now + latencyMs, "end", () => {
        this.#end = "arrived";
        this.#options.onArrival();
      });
    }
    if (sent && this.#write !== undefined) this.#fill();
  }

  #sendPiece(most: number): void {
    const { route, random, time } = this.#options;
    const { sliceChance, bytesPerMs, latencyMs, jitterMs } = route.conditions;
    const size = sliceChance > 0 && random() < sliceChance ? 1 + Math.floor(random() * most) : most;
    const piece = this.#takeBuffered(size);
    this.#underWayBytes += piece.length;
    this.#lineFreeAt = Math.max(time.now, this.#lineFreeAt) + piece.length / bytesPerMs;
    const at = this.#lineFreeAt + latencyMs + (jitterMs > 0 ? random() * jitterMs : 0);
    this.#launch(at, `${piece.length} bytes ${digestOf(piece)}`, () => {
      this.#underWayBytes -= piece.length;
      this.#arrived.push(piece);
      this.#arrivedBytes += piece.length;
      this.#options.onArrival();
    });
  }

  /** Lets something arrive, behind all that was launched before it. */
  #launch(at: number, what: string, arrive: () => void): void {
    const { time, name, route } = this.#options;
    this.#lastArrivalAt = Math.max(at, this.#lastArrivalAt);
    const happening = time.at(this.#lastArrivalAt, Rank.network, `${name} ${what}`, () => {
      this.#underWay.delete(happening);
      if (!route.blocked) return arrive();
      this.#held.push({ what, arrive });
      this.#waitForRoute();
    });
    this.#underWay.set(happening, { what, arrive });
  }

  #waitForRoute(): void {
    if (this.#waitsForRoute) return;
    this.#waitsForRoute = true;
    this.#options.route.whenFree(() => {
      this.#waitsForRoute = false;
      const { time, route } = this.#options;
      const late = [...this.#held.splice(0), ...this.#underWay.values()];
      this.#cancelUnderWay();
      for (const { what, arrive } of late) {
        this.#launch(time.now + route.conditions.latencyMs, what, arrive);
      }
      this.#send();
    });
  }

  #onReset(): void {
    this.#reset = "arrived";
    this.#options.onArrival();
  }

  #takeBuffered(size: number): Buffer {
    const [first] = this.#buffered;
    this.#bufferedBytes -= size;
    if (first !== undefined && first.length > size) {
      this.#buffered[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    const all = this.#buffered.length === 1 ? first! : Buffer.concat(this.#buffered);
    this.#buffered = all.length > size ? [all.subarray(size)] : [];
    return all.subarray(0, size);
  }

  #forgetBuffered(): void {
    this.#write = undefined;
    this.#buffered = [];
    this.#bufferedBytes = 0;
  }

  #cancelUnderWay(): void {
    for (const happening of this.#underWay.keys()) happening.cancelled = true;
    this.#underWay.clear();
  }

  #forgetUnderWay(): void {
    this.#cancelUnderWay();
    this.#held.length = 0;
    this.#underWayBytes = 0;
  }
}

/** Of the first bytes: enough to tell two runs apart. */
function digestOf(piece: Buffer): string {
  const digest = new Digest();
  digest.add(piece.toString("latin1", 0, 64));
  return digest.toString();
}
