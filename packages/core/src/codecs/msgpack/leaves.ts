import { createRequire } from "node:module";
import type { Packr, Unpackr } from "msgpackr";

interface Leaves {
  readonly packr: Packr;
  readonly unpackr: Unpackr;
}

let leaves: Leaves | undefined;

/**
 * Returns the MessagePack of a typed array, a DataView or a bigint beyond 64 bits, as msgpackr writes it. The bytes
 * are good until msgpackr is used again.
 */
export function packLeaf(value: ArrayBufferView | bigint): Uint8Array {
  leaves ??= load();
  return leaves.packr.pack(value);
}

/**
 * Returns the value of one whole extension of type 66 or 116, as msgpackr reads it; it never refers to `bytes`. The
 * caller has looked at type and length: nothing else may get here, since msgpackr would read records, RegExp, Error
 * and nested data without limits. Refusing types by that list, and not by msgpackr's `addExtension`, leaves alone what
 * the application around us does with msgpackr: its table of extensions is one for the whole process.
 */
export function unpackLeaf(bytes: Buffer): unknown {
  leaves ??= load();
  return leaves.unpackr.unpack(bytes);
}

/** Takes 40 ms, which a process that never meets a typed array does not pay. */
function load(): Leaves {
  const msgpackr = createRequire(import.meta.url)("msgpackr") as typeof import("msgpackr");
  const unpackr = new msgpackr.Unpackr({ useRecords: false, moreTypes: true, mapsAsObjects: true });
  // Otherwise definitions of records are accepted all the same, and compiled to code.
  Object.assign(unpackr, { structures: Object.freeze(Object.assign([], { sharedLength: 0 })) });
  return { packr: new msgpackr.Packr({ useRecords: false, moreTypes: true }), unpackr };
}
