import type { Class } from "../notes/class-ref.js";
import type { Mapper } from "./mapper.js";

/** What class-transformer does where a type is one of these: it converts, both ways. */
const conversions = new Map<unknown, (value: never) => unknown>([
  [String, String],
  [Number, Number],
  [Boolean, Boolean],
  [Date, (value: string | number | Date) => new Date(value)],
  [Buffer, (value: Uint8Array) => Buffer.from(value)],
]);

/** Returns the mapper of a type that is converted to, or undefined. */
export function conversionTo(target: Class): Mapper | undefined {
  const convert = conversions.get(target);
  if (convert === undefined) return undefined;
  const each = (value: unknown): unknown => {
    if (value === null || value === undefined) return value;
    if (Array.isArray(value)) return value.map(each);
    return value instanceof Set ? Array.from(value, each) : convert(value as never);
  };
  return { toInstance: each, toPlain: each };
}
