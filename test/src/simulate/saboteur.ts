import { headerBytes, kinds, preface } from "../wire/raw/numbers.js";

/** What is done to the frames of streams, so that tests can see that the simulator sees it. */
export type Sabotage =
  | "lose an item"
  | "double an item"
  | "swap two items"
  | "forget an end"
  | "give credit twice"
  | "forget credit";

/** A frame that says nothing, in the place of one that is lost. */
const nothing = Buffer.alloc(headerBytes);
nothing[0] = 0x80;

/** The first of these frames goes by unharmed: what is wrong later is harder to see. */
const spared = 1;

/** Stands between a connection and its socket, and does one thing to what is said: once. */
export class Saboteur {
  readonly #sabotage: Sabotage;
  #seen = 0;
  #done = false;
  /** An item that waits to be passed by the next one of its stream. */
  #held: Buffer | undefined;

  constructor(sabotage: Sabotage) {
    this.#sabotage = sabotage;
  }

  /** Returns what is sent in place of a write, which is of whole frames. */
  pass(bytes: Buffer): Buffer {
    const parts: Buffer[] = [];
    let at = bytes.subarray(0, preface.length).equals(preface) ? preface.length : 0;
    if (at > 0) parts.push(preface);
    while (at + headerBytes <= bytes.length) {
      const end = at + headerBytes + bytes.readUIntBE(at + 1, 3);
      parts.push(...this.#instead(Buffer.from(bytes.subarray(at, end))));
      at = end;
    }
    return Buffer.concat(parts);
  }

  #instead(frame: Buffer): Buffer[] {
    const held = this.#held;
    if (held !== undefined && isNextOf(held, frame)) {
      this.#held = undefined;
      return [frame, held];
    }
    if (this.#done || !this.#isMeant(frame) || this.#seen++ < spared) return [frame];
    this.#done = true;
    switch (this.#sabotage) {
      case "double an item":
      case "give credit twice":
        return [frame, frame];
      case "swap two items":
        this.#held = frame;
        return [nothing];
      default:
        return [nothing];
    }
  }

  #isMeant(frame: Buffer): boolean {
    const kind = frame[0];
    const whole = frame.readUInt32BE(8) === 0;
    if (this.#sabotage === "forget an end") return kind === kinds.end;
    if (this.#sabotage === "give credit twice" || this.#sabotage === "forget credit")
      return kind === kinds.credit && whole;
    // Half of one that goes in parts would break the protocol at once.
    return kind === kinds.item && (frame[5]! & 1) === 0;
  }
}

function isNextOf(held: Buffer, frame: Buffer): boolean {
  return frame[0] === held[0] && frame.subarray(4, headerBytes).equals(held.subarray(4, headerBytes));
}
