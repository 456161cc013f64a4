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

/** Makes an own, plain property of a name that `Object.prototype` has, so that assigning it does just that. */
export function defineInherited(object: object, name: string): void {
  Object.defineProperty(object, name, { value: undefined, writable: true, enumerable: true, configurable: true });
}

/** Makes V8 keep an object's indices as a dictionary: it does where one of them is, for a moment, not enumerable. */
export function makeSparse(object: object, index: string): void {
  const property = { value: undefined, writable: true, configurable: true };
  Object.defineProperty(object, index, { ...property, enumerable: false });
  Object.defineProperty(object, index, { ...property, enumerable: true });
}
