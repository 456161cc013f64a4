/**
 * Extension types of MessagePack on our wire. Payloads of Map, Set and Error are MessagePack themselves, so that the
 * limits of depth and elements hold inside. `undefined`, bigint and typed arrays are as msgpackr writes them.
 *
 *     type  value         payload
 *        0  undefined     one byte, 0
 *        1  Map           one map; its keys may be any value
 *        2  Set           one array of the members
 *        3  Error         one array: name and message, strings; code, a string or number, if there is one
 *       66  bigint        the number in two's complement, big-endian, 1 to 1,024 bytes
 *      116  typed array   one byte that names the kind (see `viewKinds`), then its bytes, little-endian
 *       −1  Date          the timestamp of the MessagePack specification; one byte 0xff for an invalid Date
 */
export const Extension = { undefined: 0, map: 1, set: 2, error: 3, bigint: 66, view: 116, timestamp: 255 } as const;

/** Bytes of the longest bigint: 8,192 bits. What takes longer than linear time to read stays small. */
export const maxBigintBytes = 1_024;

/** The kinds of typed arrays, each at the place of the byte that names it. */
export const viewKinds = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** The byte that names a DataView. */
export const dataViewKind = 17;
