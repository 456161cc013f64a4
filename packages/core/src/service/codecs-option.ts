import type { Codec } from "../contract/codec.js";
import { badOption, hasFunctions } from "./check-options.js";

/** Throws `invalid_argument` / `BAD_OPTION` unless there are codecs, each with a number of its own. */
export function checkCodecs(where: string, codecs: readonly Codec[] | undefined): void {
  if (codecs === undefined) return;
  if (codecs.length === 0) throw badOption(`${where}: codecs is empty: leave it out, or name one, such as messagePack`);
  const ids = new Set<number>();
  for (const codec of codecs) {
    if (!hasFunctions(codec, ["encode", "decode"]) || !Number.isInteger(codec.id) || codec.id < 0 || codec.id > 255)
      throw badOption(`${where}: codecs must be objects with an id from 0 to 255 and the functions encode and decode`);
    if (ids.has(codec.id)) throw badOption(`${where}: codecs has two with the id ${codec.id}`);
    ids.add(codec.id);
  }
}
