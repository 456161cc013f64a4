import type { Codec } from "../../contract/codec.js";
import { decode } from "./reader.js";
import { encode } from "./writer.js";

/**
 * MessagePack, the default codec. Any MessagePack library reads what it writes; what MessagePack itself has no form for
 * travels as an extension, see `Extension`.
 *
 * - Integers up to ±(2^53 − 1) take the shortest form, all other numbers are float64; −0 stays −0. An integer of 64
 *   bits is read as a number where it is safe and as a bigint elsewhere; a bigint stays one whatever its size, up to
 *   8,192 bits.
 * - `undefined` stays undefined, also as an object's field, in an array or as the whole value. Holes of arrays become it.
 * - An object is its own enumerable properties with string keys, whatever its class; it arrives as a plain object.
 *   Getters are read, `toJSON` is not called. `__proto__`, `constructor` and the like are properties as any other.
 *   A map whose keys are numbers is read as an object too, with their digits as its keys.
 * - Uint8Array, Buffer and ArrayBuffer are bytes, and arrive as a Buffer. Other typed arrays and DataView stay what they
 *   are, as do Date, Map and Set. An Error arrives as an `Error` with its name, message and, if it is a string or a
 *   number, its code; with neither stack nor cause.
 * - Functions, symbols, promises, RegExp, WeakMap and the like throw, as does what is nested deeper than 64 levels,
 *   which is where a value ends that contains itself. So does an object without fields whose class keeps its state
 *   elsewhere, such as a URL.
 * - A lone surrogate is written as U+FFFD, and so is read what is not UTF-8.
 *
 * Nothing that is decoded refers to the bytes it was read from. What is costly to make counts as several of
 * `DecodeLimits.elements`: a property's name that this process has not met before as 25, a Map's entry or a
 * Set's member as 4, bytes, a Date, a Map or a Set as 4 or 5, an Error as 13, a typed array as 25.
 */
export const messagePack: Codec = { id: 1, name: "msgpack", encode, decode };
