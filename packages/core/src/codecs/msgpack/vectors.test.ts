import assert from "node:assert/strict";
import { test } from "node:test";
import { createSink, messagePack } from "../index.js";

const limits = { depth: 64, elements: 262_144 };

/** What is on the wire for a value. Whoever writes another implementation starts with these. */
const vectors: readonly (readonly [value: unknown, hex: string])[] = [
  [null, "c0"],
  [false, "c2"],
  [true, "c3"],
  [undefined, "d40000"],
  [0, "00"],
  [-0, "cb8000000000000000"],
  [1, "01"],
  [127, "7f"],
  [128, "cc80"],
  [255, "ccff"],
  [256, "cd0100"],
  [65_535, "cdffff"],
  [65_536, "ce00010000"],
  [2 ** 31, "ce80000000"],
  [2 ** 32 - 1, "ceffffffff"],
  [2 ** 32, "cf0000000100000000"],
  [1_700_000_000_000, "cf0000018bcfe56800"],
  [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
  [2 ** 53, "cb4340000000000000"],
  [-1, "ff"],
  [-32, "e0"],
  [-33, "d0df"],
  [-128, "d080"],
  [-129, "d1ff7f"],
  [-32_768, "d18000"],
  [-32_769, "d2ffff7fff"],
  [-(2 ** 31), "d280000000"],
  [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
  [Number.MIN_SAFE_INTEGER, "d3ffe0000000000001"],
  [1.5, "cb3ff8000000000000"],
  [1e300, "cb7e37e43c8800759c"],
  [Number.POSITIVE_INFINITY, "cb7ff0000000000000"],
  [Number.NEGATIVE_INFINITY, "cbfff0000000000000"],
  [Number.NaN, "cb7ff8000000000000"],
  ["", "a0"],
  ["a", "a161"],
  ["some short name", "af736f6d652073686f7274206e616d65"],
  ["x".repeat(31), `bf${"78".repeat(31)}`],
  ["x".repeat(32), `d920${"78".repeat(32)}`],
  ["x".repeat(255), `d9ff${"78".repeat(255)}`],
  ["x".repeat(256), `da0100${"78".repeat(256)}`],
  ["x".repeat(65_536), `db00010000${"78".repeat(65_536)}`],
  ["é", "a2c3a9"],
  ["日本語", "a9e697a5e69cace8aa9e"],
  ["😀", "a4f09f9880"],
  ["é".repeat(16), `d920${"c3a9".repeat(16)}`],
  [Buffer.from([1, 2, 3]), "c403010203"],
  [Buffer.alloc(256, 1), `c50100${"01".repeat(256)}`],
  [Buffer.alloc(65_536, 1), `c600010000${"01".repeat(65_536)}`],
  [[], "90"],
  [[1, "a", null], "9301a161c0"],
  [new Array(15).fill(1), `9f${"01".repeat(15)}`],
  [new Array(16).fill(1), `dc0010${"01".repeat(16)}`],
  [new Array(65_536).fill(1), `dd00010000${"01".repeat(65_536)}`],
  [{}, "80"],
  [{ a: 12, b: 34, name: "some short name" }, "83a1610ca16222a46e616d65af736f6d652073686f7274206e616d65"],
  [{ a: undefined }, "81a161d40000"],
  [numbered(15), `8f${numberedHex(15)}`],
  [numbered(16), `de0010${numberedHex(16)}`],
  [JSON.parse('{"__proto__":{"polluted":true}}'), "81a95f5f70726f746f5f5f81a8706f6c6c75746564c3"],
  [[{ a: 1 }], "9181a16101"],
  [new Map(), "c7010180"],
  [
    new Map<unknown, unknown>([
      ["a", 1],
      [2, [3]],
      [null, true],
    ]),
    "c7090183a16101029103c0c3",
  ],
  [new Map([["k", "x".repeat(300)]]), `c801320181a16bda012c${"78".repeat(300)}`],
  [new Set([1, "a"]), "c704029201a161"],
  [new Error("no"), "c70a0392a54572726f72a26e6f"],
  [Object.assign(errorNamed("TypeError"), { code: "E" }), "c7100393a9547970654572726f72a26e6fa145"],
  [Object.assign(new Error("no"), { code: 404 }), "c70d0393a54572726f72a26e6fcd0194"],
  [new Date(0), "d6ff00000000"],
  [new Date(1_700_000_000_000), "d6ff6553f100"],
  [new Date(1_700_000_000_001), "d7ff003d09006553f100"],
  [new Date(2 ** 32 * 1000), "d7ff0000000100000000"],
  [new Date(-1), "c70cff3b8b87c0ffffffffffffffff"],
  [new Date(2 ** 34 * 1000), "c70cff000000000000000400000000"],
  [5n, "d7420000000000000005"],
  [-5n, "d742fffffffffffffffb"],
  [2n ** 53n, "cf0020000000000000"],
  [-(2n ** 53n), "d3ffe0000000000000"],
  [2n ** 63n, "cf8000000000000000"],
  [2n ** 64n - 1n, "cfffffffffffffffff"],
  [-(2n ** 63n), "d38000000000000000"],
  [2n ** 64n, "d84200000000000000010000000000000000"],
  [-(2n ** 64n), "d842ffffffffffffffff0000000000000000"],
  [new Int8Array([-1]), "c7027400ff"],
  [new Uint8ClampedArray([255]), "c7027402ff"],
  [new Uint16Array([1, 2]), "c7057404" + "01000200"],
  [new Float32Array([1]), "c70574070000803f"],
  [new Float64Array([1]), "c7097408000000000000f03f"],
  [new BigInt64Array([-1n]), "c7097409ffffffffffffffff"],
  [new DataView(new Uint8Array([7]).buffer), "c702741107"],
];

test("the bytes of each value are those that are written down", () => {
  for (const [value, hex] of vectors) {
    const sink = createSink();
    messagePack.encode(value, sink);
    assert.equal(sink.take().toString("hex"), hex);
  }
});

test("the bytes that are written down are read as the value they are written down for", () => {
  for (const [value, hex] of vectors) {
    const bytes = Buffer.from(hex, "hex");
    assert.deepStrictEqual(messagePack.decode(bytes, 0, bytes.length, limits), value, hex.slice(0, 60));
  }
});

test("an invalid Date stays one", () => {
  const sink = createSink();
  messagePack.encode(new Date(Number.NaN), sink);
  const bytes = sink.take();
  assert.equal(bytes.toString("hex"), "d4ffff");
  const decoded = messagePack.decode(bytes, 0, bytes.length, limits);
  assert.ok(decoded instanceof Date && Number.isNaN(decoded.getTime()));
});

test("forms that other libraries write are read as well", () => {
  const others: readonly (readonly [hex: string, value: unknown])[] = [
    ["ca3fc00000", 1.5],
    ["cc05", 5],
    ["cd0005", 5],
    ["ce00000005", 5],
    ["cf0000000000000005", 5],
    ["d005", 5],
    ["d10005", 5],
    ["d200000005", 5],
    ["d30000000000000005", 5],
    ["d3fffffffffffffffb", -5],
    ["d90161", "a"],
    ["da000161", "a"],
    ["db0000000161", "a"],
    ["dc000105", [5]],
    ["dd0000000105", [5]],
    ["de0001a16105", { a: 5 }],
    ["df00000001a16105", { a: 5 }],
    ["de0001d9016105", { a: 5 }],
    ["c50001ff", Buffer.from([255])],
    ["c80003018101c0", new Map([[1, null]])],
    ["c900000003018101c0", new Map([[1, null]])],
    ["d84200000000000000000000000000000005", 5n],
    ["c703420000ff", 255n],
    ["d442ff", -1n],
    ["c70cff000000000000000000000001", new Date(1000)],
  ];
  for (const [hex, value] of others) {
    const bytes = Buffer.from(hex, "hex");
    assert.deepStrictEqual(messagePack.decode(bytes, 0, bytes.length, limits), value, hex);
  }
});

test("keys that are numbers become their digits, as in any object of JavaScript", () => {
  const bytes = Buffer.from("8605a0ffa1611ca0cd01f4c0cb3ff8000000000000c2cf0020000000000000c3", "hex");
  assert.deepStrictEqual(messagePack.decode(bytes, 0, bytes.length, limits), {
    5: "",
    "-1": "a",
    28: "",
    500: null,
    1.5: false,
    "9007199254740992": true,
  });
});

test("a value is read from the midst of a chunk, and written behind what is there", () => {
  const sink = createSink();
  sink.bytes[0] = 0xee;
  sink.position = 1;
  messagePack.encode({ a: [1, "b"] }, sink);
  const end = sink.position;
  sink.bytes[end] = 0xee;
  assert.deepStrictEqual(messagePack.decode(sink.bytes, 1, end, limits), { a: [1, "b"] });
  assert.equal(sink.bytes[0], 0xee);
});

test("decoded values stay what they are when the chunk is used again", () => {
  const value = {
    text: "short",
    long: "x".repeat(100),
    bytes: Buffer.from("abc"),
    many: new Float64Array([1, 2]),
    n: [2n ** 70n],
  };
  const sink = createSink();
  messagePack.encode(value, sink);
  const chunk = sink.take();
  const decoded = messagePack.decode(chunk, 0, chunk.length, limits);
  chunk.fill(0);
  assert.deepStrictEqual(decoded, value);
});

function numbered(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${String.fromCharCode(97 + index)}`, 1]));
}

function numberedHex(count: number): string {
  return Array.from({ length: count }, (_, index) => `a26b${(97 + index).toString(16)}01`).join("");
}

/** As an error of a class arrives: as an `Error`, with the name of its class. */
function errorNamed(name: string): Error {
  return Object.defineProperty(new Error("no"), "name", { value: name, writable: true, configurable: true });
}
