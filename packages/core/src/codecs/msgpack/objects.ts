import { KeyKind } from "./keys.js";

const first = Symbol();
const second = Symbol();

/** Makes V8 keep an object's properties by name and without a hidden class: to delete any but the last one does that. */
export function makeDictionary(object: object): void {
  const target = object as { [first]?: number; [second]?: number };
  target[first] = 0;
  target[second] = 0;
  delete target[first];
  delete target[second];
}

/**
 * Makes an own, plain property of a name for which assignment would not. For an index it is hidden for a moment: V8
 * then keeps the indices of this object as a dictionary too, where it would allocate all below this one, 12 KB for the
 * five bytes of "1000".
 */
export function define(object: object, name: string, kind: KeyKind): void {
  const property = { value: undefined, writable: true, enumerable: true, configurable: true };
  if (kind === KeyKind.index) Object.defineProperty(object, name, { ...property, enumerable: false });
  Object.defineProperty(object, name, property);
}
