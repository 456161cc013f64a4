/** Names that the files written use themselves, or that mean something to JavaScript. */
const taken = [
  ...["defineService", "RpcError", "ServiceDescriptor", "Array", "ReadonlyArray", "Record", "Map", "ReadonlyMap"],
  ...["Partial", "Required", "Readonly", "Pick", "Omit"],
  ...["Set", "ReadonlySet", "AsyncIterable", "Date", "Error", "ArrayBuffer", "DataView", "Promise", "Object", "String"],
  ...["Number", "Boolean", "Symbol", "Function", "BigInt", "Uppercase", "Lowercase", "Capitalize", "Uncapitalize"],
  ...["Uint8Array", "Uint8ClampedArray", "Int8Array", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
  ...["break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum"],
  ...["export", "extends", "false", "finally", "for", "function", "if", "import", "in", "instanceof", "new", "null"],
  ...["return", "super", "switch", "this", "throw", "true", "try", "typeof", "var", "void", "while", "with", "yield"],
];

/** The names of one file: each is given once. */
export class Names {
  readonly #taken = new Set(taken);

  /** Returns the name wanted, or the next free one: `Order`, `Order2`. */
  take(wanted: string): string {
    const name = identifier(wanted);
    let free = name;
    for (let next = 2; this.#taken.has(free); next++) free = `${name}${next}`;
    this.#taken.add(free);
    return free;
  }
}

/** Returns a text as the name of a type: `shop.orders-eu` as `ShopOrdersEu`. */
export function identifier(text: string): string {
  if (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text)) return text;
  const words = text.split(/[^\p{ID_Continue}$]+/u).filter((word) => word !== "");
  const name = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  return /^[\p{ID_Start}$_]/u.test(name) ? name : `Type${name}`;
}
