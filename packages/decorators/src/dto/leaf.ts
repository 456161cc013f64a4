import { types } from "node:util";

/** Whether an object travels as it is, without a look at its fields: bytes, times, errors, and what no codec takes. */
export function isLeaf(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isDate(value) ||
    types.isNativeError(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isRegExp(value)
  );
}
