import { flagBits, kinds } from "../wire/raw/numbers.js";
import { type Heard, withoutFields } from "./said.js";

const messageBytes = 4_194_304;

/** Follows messages in parts: whether they bring what was announced. */
export class Parts {
  /** Bytes still owed, by id. */
  readonly #owed = new Map<number, number>();

  /** Takes a frame that begins a message, or a whole one. Returns what is wrong with it for certain. */
  begin({ id, flags, rest }: Heard): string | undefined {
    this.#owed.delete(id);
    if ((flags & flagBits.more) === 0 || rest.length < 4) return undefined;
    const total = rest.readUInt32BE(0);
    if (total > messageBytes) return undefined;
    this.#owed.set(id, total);
    return this.#take(id, withoutFields(flags, rest).length, false);
  }

  /** Takes an answer to what has been answered, or to what was no call: wrong only where parts of the first are owed. */
  another({ id }: Heard): string | undefined {
    return this.#owed.has(id) ? `another answer to ${id} in place of parts` : undefined;
  }

  /** Takes a further part. What was never begun, or given up, is looked at by nobody. */
  add({ id, flags, rest }: Heard): string | undefined {
    return this.#owed.has(id) ? this.#take(id, rest.length, (flags & flagBits.more) === 0) : undefined;
  }

  /** Nobody reads it any more. */
  drop(id: number): void {
    this.#owed.delete(id);
  }

  #take(id: number, bytes: number, last: boolean): string | undefined {
    const left = this.#owed.get(id)! - bytes;
    this.#owed.set(id, left);
    if (left < 0) return `more parts of ${id} than were announced`;
    if (last) this.#owed.delete(id);
    return last && left > 0 ? `fewer parts of ${id} than were announced` : undefined;
  }
}

/** Ids that were turned away or given up, so that their parts are passed over. */
export function passedOver(heard: readonly Heard[]): ReadonlySet<number> {
  return new Set(heard.filter(({ kind }) => kind === kinds.reject || kind === kinds.cancel).map(({ id }) => id));
}
