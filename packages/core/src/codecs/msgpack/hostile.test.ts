import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RpcError } from "../../contract/errors.js";
import { createSink, messagePack } from "../index.js";

const limits = { depth: 64, elements: 262_144 };

test("a message that was cut anywhere is malformed, never another value and never another error", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: false,
      }),
      (value) => {
        const bytes = encoded(value);
        for (let end = 0; end < bytes.length; end++) {
          assert.throws(() => decode(bytes.subarray(0, end)), refused("MALFORMED"));
          // The rest of the message lies behind the end, as in a chunk of the socket's.
          assert.throws(() => messagePack.decode(bytes, 0, end, limits), refused("MALFORMED"));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("bytes behind the value are malformed", () => {
  assert.throws(() => decode(Buffer.from("0101", "hex")), refused("MALFORMED"));
  assert.throws(() => decode(Buffer.from("c70301" + "80c0c0", "hex")), refused("MALFORMED"));
  assert.throws(() => decode(Buffer.from("c7020290c0", "hex")), refused("MALFORMED"));
});

test("what is no MessagePack, or none that we know, is malformed", () => {
  const cases = {
    nothing: "",
    "the byte that is never used": "c1",
    "an extension that is not known": "c70105c0",
    "a record of msgpackr": "d4724091a161",
    "a RegExp of msgpackr": "d4780092a161a0",
    "a Set of msgpackr": "d473009101",
    "an Error of msgpackr": "d4650093a0a0c0",
    "a pointer of msgpackr": "d67000000001",
    "a structured clone of msgpackr": "d6690000000190",
    "bundled strings of msgpackr": "d66200000001",
    "an ArrayBuffer of msgpackr": "c7037410ff00",
    "an undefined with a payload": "d40001",
    "a Map that is no map": "c7010190",
    "a Map without payload": "c70001",
    "a Set that is no array": "c7010280",
    "an Error that is no array": "c7010380",
    "an Error without message": "c7020391a0",
    "an Error with a message that is no text": "c7030392a0c0",
    "an Error with a code that is neither text nor number": "c7040393a0a0c0",
    "an Error of four": "c7050394a0a0c0c0",
    "a timestamp of 5 bytes": "c705ff0000000000",
    "a timestamp with too many nanoseconds": "d7ffffffffff00000000",
    "a timestamp beyond all Dates": "c70cff000000007fffffffffffffff",
    "a bigint without bytes": "c70042",
    "a bigint of 1,025 bytes": `c8040142${"01".repeat(1_025)}`,
    "a typed array without kind": "c70074",
    "a typed array of no kind": "c702740b00",
    "a typed array cut within an element": "c7047406000000",
    "a key that is the byte that is never used": "81c101",
    "another such key": "82a16101c101",
    "a key that is null": "81c001",
    "a key that is a boolean": "81c301",
    "a key that is an array": "819001",
    "a key that is an object": "818001",
    "a key that is bytes": "81c40001",
    "a key that is an extension": "81d4000001",
    "a Map that says to be longer than its extension": "c7030182c001" + "c0c0",
  };
  for (const [what, hex] of Object.entries(cases)) {
    assert.throws(() => decode(Buffer.from(hex, "hex")), refused("MALFORMED"), what);
  }
});

test("an error never quotes what the peer sent", () => {
  const secret = "s3cr3t-token";
  for (const message of [
    [secret, "c1"],
    [`${secret}`.repeat(3), ""],
  ]) {
    const text = Buffer.from(message[0]!);
    const bytes = Buffer.concat([
      Buffer.from([0x92, 0xa0 | Math.min(31, text.length)]),
      text,
      Buffer.from(message[1]!, "hex"),
    ]);
    assert.throws(
      () => decode(bytes),
      (error) => error instanceof RpcError && !error.message.includes("s3cr3t"),
    );
  }
});

test("a length without bytes behind it allocates nothing", () => {
  const announced = { arrays: "dd", maps: "df", bytes: "c6", texts: "db", extensions: "c9" };
  for (const [what, type] of Object.entries(announced)) {
    const bytes = Buffer.from(`${type}ffffffff01`, "hex");
    const before = process.memoryUsage();
    for (let round = 0; round < 100; round++) assert.throws(() => decode(bytes), RpcError, what);
    const after = process.memoryUsage();
    assert.ok(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers < 32 * 2 ** 20, what);
  }
  // Below the limit of elements, but more than there are bytes.
  assert.throws(() => decode(Buffer.from("dd0003ffff01", "hex")), refused("MALFORMED"));
  assert.throws(() => decode(Buffer.from("df0001ffff01", "hex")), refused("MALFORMED"));
});

test("64 levels are read, 65 are refused, of arrays, objects, Maps, Sets and Errors alike", () => {
  const nestings: ((inner: unknown) => unknown)[] = [
    (inner) => [inner],
    (inner) => ({ a: inner }),
    (inner) => new Map([["k", inner]]),
    (inner) => new Set([inner]),
  ];
  for (const nest of nestings) {
    let value: unknown = [];
    for (let level = 1; level < 64; level++) value = nest(value);
    assert.deepStrictEqual(decode(encoded(value)), value);
    const deeper = Buffer.concat([Buffer.from([0x91]), encoded(value)]);
    assert.throws(() => decode(deeper), refused("DEPTH_LIMIT"));
    assert.throws(() => encoded([value]), refusedToEncode(/deeper than 64 levels/));
  }
  let value: unknown = new Error("innermost");
  for (let level = 1; level < 64; level++) value = [value];
  assert.deepStrictEqual(decode(encoded(value)), value);
  assert.throws(() => decode(Buffer.concat([Buffer.from([0x91]), encoded(value)])), refused("DEPTH_LIMIT"));
});

test("the limits are those that are passed in", () => {
  assert.deepStrictEqual(messagePack.decode(Buffer.from("9190", "hex"), 0, 2, { depth: 2, elements: 1 }), [[]]);
  assert.throws(
    () => messagePack.decode(Buffer.from("919190", "hex"), 0, 3, { depth: 2, elements: 9 }),
    refused("DEPTH_LIMIT"),
  );
  assert.throws(
    () => messagePack.decode(Buffer.from("929090", "hex"), 0, 3, { depth: 2, elements: 1 }),
    refused("ELEMENT_LIMIT"),
  );
  assert.equal(messagePack.decode(Buffer.from("05", "hex"), 0, 1, { depth: 0, elements: 0 }), 5);
  assert.throws(
    () => messagePack.decode(Buffer.from("90", "hex"), 0, 1, { depth: 0, elements: 0 }),
    refused("DEPTH_LIMIT"),
  );
});

test("a limit of depth beyond the stack is still an error of depth", () => {
  const bomb = Buffer.alloc(1_000_000, 0x91);
  assert.throws(() => messagePack.decode(bomb, 0, bomb.length, { depth: 1e9, elements: 1e9 }), refused("DEPTH_LIMIT"));
});

test("262,144 elements are read, one more is refused, wherever they are", () => {
  const most = 262_144;
  assert.equal((decode(array(most)) as unknown[]).length, most);
  assert.throws(() => decode(array(most + 1)), refused("ELEMENT_LIMIT"));
  const halves = (extra: number): Buffer =>
    Buffer.concat([Buffer.from([0x92]), array(most / 2), array(most / 2 - 2 + extra)]);
  assert.equal((decode(halves(0)) as unknown[]).length, 2);
  assert.throws(() => decode(halves(1)), refused("ELEMENT_LIMIT"));
  // Objects with one known field: the array's element and the entry.
  const objects = (count: number): Buffer =>
    Buffer.concat([header(0xdd, count), Buffer.alloc(count * 4, Buffer.from("81a16101", "hex"))]);
  assert.equal((decode(objects(most / 2)) as unknown[]).length, most / 2);
  assert.throws(() => decode(objects(most / 2 + 1)), refused("ELEMENT_LIMIT"));
});

test("a bomb within an extension meets the same limits", () => {
  const within = (type: number, payload: Buffer): Buffer =>
    Buffer.concat([header(0xc9, payload.length), Buffer.from([type]), payload]);
  assert.throws(() => decode(within(2, array(262_145))), refused("ELEMENT_LIMIT"));
  assert.throws(() => decode(within(1, header(0xdf, 0xffffffff))), refused("ELEMENT_LIMIT"));
  assert.throws(() => decode(within(2, header(0xdd, 0xffffffff))), refused("ELEMENT_LIMIT"));
  assert.throws(
    () => decode(within(2, Buffer.concat([Buffer.from([0x91]), Buffer.alloc(100_000, 0x91)]))),
    refused("DEPTH_LIMIT"),
  );
  assert.throws(() => decode(within(3, Buffer.from([0x92, 0x91, 0xa0]))), RpcError);
  assert.throws(
    () => decode(within(1, Buffer.concat([Buffer.from([0x81, 0xc0]), array(262_144)]))),
    refused("ELEMENT_LIMIT"),
  );
});

test("200,000 keys are refused, also when they are spread over many objects", () => {
  assert.throws(() => decode(object(200_000, 0)), refused("ELEMENT_LIMIT"));
  const spread = Buffer.concat([
    header(0xdd, 20_000),
    ...Array.from({ length: 20_000 }, (_, index) => object(10, index * 10)),
  ]);
  assert.throws(() => decode(spread), refused("ELEMENT_LIMIT"));
});

test("a dictionary of 10,000 keys that nobody knows is read, in any number of objects of it", () => {
  const dictionary = decode(object(10_000, 5_000_000)) as Record<string, number>;
  assert.equal(Object.keys(dictionary).length, 10_000);
  const rows = Buffer.concat([header(0xdd, 20), ...Array.from({ length: 20 }, () => object(5_000, 7_000_000))]);
  assert.equal((decode(rows) as unknown[]).length, 20);
});

test("no key sets a prototype or pollutes anything, at any depth", () => {
  const hostile = JSON.parse(
    `{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":2},"constructor":{"prototype":{"polluted":3}}},"b":[{"__proto__":null}]}`,
  );
  const value = decode(encoded([hostile, new Map([["__proto__", hostile]])])) as [
    Record<string, unknown>,
    Map<string, unknown>,
  ];
  assert.deepStrictEqual(value[0], hostile);
  assert.deepStrictEqual(value[1].get("__proto__"), hostile);
  assert.equal(Object.getPrototypeOf(value[0]), Object.prototype);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(value[0]["polluted"], undefined);
  assert.ok(Object.hasOwn(value[0], "__proto__"));
});

test("keys that are large indices do not make small messages large", () => {
  const count = 5_000;
  for (const key of ["7", "8", "1000", "1099", "1100", "2024"]) {
    const entry = Buffer.from([0x81, 0xa0 | key.length, ...Buffer.from(key), 1]);
    const message = Buffer.concat([header(0xdd, count), Buffer.alloc(count * entry.length, entry)]);
    decode(message);
    const before = process.memoryUsage().heapUsed;
    const value = decode(message) as Record<string, number>[];
    const grown = process.memoryUsage().heapUsed - before;
    assert.deepStrictEqual(value[count - 1], { [key]: 1 });
    // 12 KB for each 1000, 60 MB in all, where V8 is left to itself.
    assert.ok(grown < 16 * 2 ** 20, `${key}: ${grown} bytes`);
  }
});

test("random bytes are a value or refused, and nothing else happens", () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const valid = samples().map(encoded);
  const inherited = Object.getOwnPropertyNames(Object.prototype);
  let accepted = 0;
  for (let round = 0; round < 40_000; round++) {
    const message = round % 2 === 0 ? Buffer.from(valid[random(valid.length)]!) : Buffer.alloc(random(40));
    const changes = round % 2 === 0 ? 1 + random(4) : message.length;
    for (let change = 0; change < changes && message.length > 0; change++)
      message[random(message.length)] = random(256);
    try {
      messagePack.decode(message, 0, message.length, limits);
      accepted++;
    } catch (error) {
      if (!(error instanceof RpcError)) assert.fail(`${String(error)} for ${message.toString("hex")}`);
    }
  }
  assert.ok(accepted > 2_000, `${accepted} were values`);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), inherited);
  for (const value of samples()) assert.deepStrictEqual(decode(encoded(value)), value);
});

test("no message takes much longer than an honest one of its size", () => {
  const honest = cpuOf(() => decode(encoded([orders(1_800)])));
  const bombs: Record<string, Buffer> = {
    "distinct keys": Buffer.concat([
      header(0xdd, 13),
      ...Array.from({ length: 13 }, (_, index) => object(10_000, 10_000_000 + index * 10_000)),
    ]),
    "objects of one distinct key": Buffer.concat([
      header(0xdd, 120_000),
      ...Array.from({ length: 120_000 }, (_, index) => object(1, 20_000_000 + index)),
    ]),
    bigints: Buffer.concat([
      header(0xdd, 262_144),
      Buffer.alloc(262_144 * 9, Buffer.from("cfffffffffffffffff", "hex")),
    ]),
    "objects of ever another shape": Buffer.concat([
      header(0xdd, 16_000),
      ...Array.from({ length: 16_000 }, (_, index) => shuffled(index)),
    ]),
    "numbers that share a place in a Set": setOf(colliding(60_000)),
    "numbers that share a place in a Map": mapOf(colliding(30_000)),
    "bigints that share a place in a Set": setOf(
      Array.from({ length: 5_000 }, (_, index) => (BigInt(index) << 64n) + 2n ** 127n),
    ),
    "Maps and Sets": Buffer.concat([header(0xdd, 200_000), Buffer.alloc(800_000, Buffer.from("c7010180", "hex"))]),
    Errors: Buffer.concat([header(0xdd, 170_000), Buffer.alloc(1_020_000, Buffer.from("c7030392a0a0", "hex"))]),
    "typed arrays": Buffer.concat([header(0xdd, 200_000), Buffer.alloc(1_000_000, Buffer.from("c702740000", "hex"))]),
    "bytes of nothing": Buffer.concat([header(0xdd, 262_144), Buffer.alloc(524_288, Buffer.from("c400", "hex"))]),
    "keys that are indices": Buffer.concat([
      header(0xdd, 120_000),
      Buffer.alloc(840_000, Buffer.from("81a43130303001", "hex")),
    ]),
    "keys __proto__": Buffer.concat([
      header(0xdd, 80_000),
      Buffer.alloc(80_000 * 12, Buffer.from("81a95f5f70726f746f5f5f01", "hex")),
    ]),
    "no UTF-8": Buffer.concat([header(0xdd, 262_144), Buffer.alloc(524_288, Buffer.from("a1ff", "hex"))]),
    "nothing but depth": Buffer.alloc(1_000_000, 0x91),
  };
  for (const [what, bomb] of Object.entries(bombs)) {
    const cost = cpuOf(() => decode(bomb));
    // An honest MiB takes about 2 ms, these up to 15; without what is tested here hundreds.
    assert.ok(cost < honest * 40 + 20, `${what}: ${cost} ms, an honest message ${honest} ms`);
  }
});

test("a Set of numbers that V8 puts all in one place is refused before it costs seconds", () => {
  assert.throws(() => decode(setOf(colliding(5_000))), refused("ELEMENT_LIMIT"));
  assert.throws(() => decode(mapOf(colliding(5_000))), refused("ELEMENT_LIMIT"));
  assert.equal((decode(setOf(colliding(100))) as Set<number>).size, 100);
});

test("a Set and a Map of many ordinary numbers are read", () => {
  const numbers = Array.from({ length: 50_000 }, (_, index) => index * 1_024);
  assert.equal((decode(encoded(new Set(numbers))) as Set<number>).size, 50_000);
  const dates = numbers.map((number) => 1_700_000_000_000 + number * 977);
  assert.equal((decode(encoded(new Set(dates))) as Set<number>).size, 50_000);
  const map = new Map(numbers.slice(0, 30_000).map((number) => [number / 7, number]));
  assert.equal((decode(encoded(map)) as Map<number, number>).size, 30_000);
  const bigints = numbers.slice(0, 20_000).map((number) => BigInt(number) * 1_000_003n + 2n ** 60n);
  assert.equal((decode(encoded(new Set(bigints))) as Set<bigint>).size, 20_000);
});

function decode(bytes: Buffer): unknown {
  return messagePack.decode(bytes, 0, bytes.length, limits);
}

function encoded(value: unknown): Buffer {
  const sink = createSink(16_777_216);
  messagePack.encode(value, sink);
  return sink.take();
}

function refused(reason: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof RpcError &&
    error.code === "invalid_argument" &&
    error.reason === reason &&
    error.processed === "no";
}

function refusedToEncode(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof RpcError && error.reason === "ENCODE_FAILED" && text.test(error.message);
}

function header(type: number, count: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = type;
  bytes.writeUInt32BE(count, 1);
  return bytes;
}

function array(count: number): Buffer {
  return Buffer.concat([header(0xdd, count), Buffer.alloc(count, 0xc0)]);
}

/** A map of `count` entries; its keys are six letters each, no two alike between all that start apart. */
function object(count: number, start: number): Buffer {
  const entries = Buffer.alloc(count * 8);
  for (let index = 0; index < count; index++) {
    let rest = start + index;
    entries[index * 8] = 0xa6;
    for (let letter = 1; letter <= 6; letter++) {
      entries[index * 8 + letter] = 97 + (rest % 26);
      rest = Math.floor(rest / 26);
    }
    entries[index * 8 + 7] = 1;
  }
  return Buffer.concat([header(0xdf, count), entries]);
}

/** A map of eight known keys in an order that depends on `seed`. */
function shuffled(seed: number): Buffer {
  const names = [..."abcdefghijklmnop"];
  let rest = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const entries = Array.from({ length: 8 }, () => {
    rest = (Math.imul(rest, 1_664_525) + 1_013_904_223) >>> 0;
    const [name] = names.splice(Math.floor((rest / 2 ** 32) * names.length), 1);
    return [0xa1, name!.charCodeAt(0), 1];
  });
  return Buffer.from([0x88, ...entries.flat()]);
}

function setOf(members: readonly unknown[]): Buffer {
  const payload = encoded(members);
  return Buffer.concat([header(0xc9, payload.length), Buffer.from([2]), payload]);
}

function mapOf(keys: readonly number[]): Buffer {
  const payload = Buffer.concat([
    header(0xdf, keys.length),
    ...keys.map((key) => Buffer.concat([encoded(key), Buffer.from([0xc0])])),
  ]);
  return Buffer.concat([header(0xc9, payload.length), Buffer.from([1]), payload]);
}

/** Up to 65,536 numbers whose hash in V8, that of Thomas Wang, ends in 16 zeros: its steps backwards. */
function colliding(count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    let hash = unshifted(index << 16, 16);
    hash = Math.imul(hash, inverse(2057));
    hash = unshifted(hash, 4);
    hash = Math.imul(hash, inverse(5));
    hash = unshifted(hash, 12);
    return Math.imul(hash + 1, inverse(2 ** 15 - 1));
  });
}

/** Undoes `hash ^= hash >>> bits`. */
function unshifted(hash: number, bits: number): number {
  let undone = hash;
  for (let known = bits; known < 32; known += bits) undone = hash ^ (undone >>> bits);
  return undone;
}

/** The inverse of an odd number modulo 2^32, by Newton's iteration. */
function inverse(odd: number): number {
  let found = odd;
  for (let step = 0; step < 5; step++) found = Math.imul(found, 2 - Math.imul(odd, found));
  return found;
}

function orders(count: number): object[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    customer: `customer ${id * 7}`,
    status: "shipped",
    total: id * 1.5,
    lines: [{ sku: `sku-${id}`, quantity: 3, price: 19.99 }],
    description: "x".repeat(400),
    paid: true,
    note: null,
  }));
}

function samples(): unknown[] {
  return [
    orders(2),
    JSON.parse(
      '{"__proto__":{"polluted":1},"a":[{"__proto__":{"polluted":2}}],"constructor":{"prototype":{"polluted":3}}}',
    ),
    new Map<unknown, unknown>([
      ["polluted", new Set([1, "a", null])],
      [{ k: 1 }, [undefined]],
    ]),
    [new Date(5), 5n, 2n ** 70n, new Float64Array([1, 2]), Buffer.from("abc"), 1.5, -7, 70_000, 2 ** 40],
    { é: "日本語", left: undefined, 5: 1, 1000: 2 },
    Object.assign(new Error("no"), { code: "E" }),
  ];
}

/** The least CPU time of three runs, in ms, whether the message is refused or not. */
function cpuOf(run: () => unknown): number {
  const times = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    try {
      run();
    } catch (error) {
      assert.ok(error instanceof RpcError);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}
