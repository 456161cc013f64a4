/** What the lines of docs/protocol.md's values stand for, by what is written beside them. */
export const writtenValues: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["null", null],
  ["true", true],
  ["undefined", undefined],
  ["[1, undefined]", [1, undefined]],
  ["{ a: undefined }", { a: undefined }],
  ["{ ['__proto__']: 1 }", JSON.parse('{"__proto__":1}')],
  ["2 ** 32", 2 ** 32],
  ["-1", -1],
  ["-0", -0],
  ["1.5", 1.5],
  ['"é"', "é"],
  ["Buffer.from([1, 2, 3])", Buffer.from([1, 2, 3])],
  [
    "new Map([['a', 1], [2, true]])",
    new Map<unknown, unknown>([
      ["a", 1],
      [2, true],
    ]),
  ],
  ["new Set([1, 'a'])", new Set<unknown>([1, "a"])],
  ["new Error('no')", new Error("no")],
  ["Object.assign(new TypeError('no'), { code: 404 })", Object.assign(namedError("TypeError", "no"), { code: 404 })],
  ["new Date(0)", new Date(0)],
  ["new Date(1700000000001)", new Date(1_700_000_000_001)],
  ["new Date(-1)", new Date(-1)],
  ["5n", 5n],
  ["2n ** 53n", 2n ** 53n],
  ["2n ** 64n", 2n ** 64n],
  ["new Uint16Array([1, 2])", new Uint16Array([1, 2])],
  ["new Float32Array([1])", new Float32Array([1])],
  ["new DataView(new Uint8Array([7]).buffer)", new DataView(new Uint8Array([7]).buffer)],
]);

/** Forms that are read and never written. */
export const readValues: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["1.5", 1.5],
  ["5", 5],
  ["2n ** 53n", 2n ** 53n],
  ["{ 1: 'a' }", { 1: "a" }],
  ["new Map()", new Map()],
]);

/** An error as one arrives: its class is `Error`, whatever its name. */
function namedError(name: string, message: string): Error {
  return Object.defineProperty(new Error(message), "name", { value: name, writable: true, configurable: true });
}
