import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Metadata, Priority } from "../contract/call.js";
import { Code } from "../contract/code.js";
import { type Processed, RpcError } from "../contract/errors.js";
import type { MethodKind } from "../contract/method.js";
import { codeOf, decodeFault, encodeFault, maxMessageBytes } from "./fault.js";
import { Fields, maxMetadataBytes, priorityBits, writeMetadata } from "./fields.js";
import { Flag } from "./header.js";
import { decodeHello, encodeHello, type Hello } from "./hello.js";
import { decodeOpen, decodeOpened, encodeOpen, encodeOpened } from "./opening.js";

/** Everything that reads bytes of a peer, with what it returns made comparable. */
const decoders: readonly (readonly [name: string, read: (bytes: Buffer, start: number, end: number) => unknown])[] = [
  ["hello", decodeHello],
  ["open", decodeOpen],
  ["opened", decodeOpened],
  [
    "fault",
    (bytes, start, end) => {
      const { error, detailsStart } = decodeFault(14, bytes, start, end, "x");
      const { code, reason, processed, retryAfterMs, message } = error;
      return { code, reason, processed, retryAfterMs, message, detailsStart: detailsStart - start };
    },
  ],
  ...[0, Flag.more | Flag.time, Flag.metadata, 0x7f].map(
    (flags) =>
      [
        `fields ${flags.toString(16)}`,
        (bytes: Buffer, start: number, end: number) => {
          const fields = new Fields();
          const at = fields.read(flags, bytes, start, end);
          return { ...fields, metadata: { ...fields.metadata }, at: at - start };
        },
      ] as const,
  ),
];

/** Bytes like those of a peer: anything, and things that are nearly right. */
const nearly = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.tuple(fc.nat(400), fc.nat(255), fc.nat(4)).map(([at, byte, which]) => {
    const whole = [
      encodeHello(someHello),
      encodeOpen({ service: "Arith", wanted: ["add", "sub"] }),
      encodeOpened([
        { name: "add", index: 3, kind: "unary", idempotent: true, codecs: [1, 2], schemaHash: "00".repeat(8) },
      ]),
      encodeFault(new RpcError("aborted", "message", { reason: "WHY", retryAfterMs: 5 }), Buffer.from("details")),
      Buffer.from("00000a0000000b020501".padEnd(80, "01"), "hex"),
    ][which]!;
    const damaged = Buffer.from(whole);
    damaged[at % damaged.length] = byte;
    return at % 3 === 0 ? damaged.subarray(0, at % (damaged.length + 1)) : damaged;
  }),
);

/** Records as decoders make them. */
const ordinary = { noNullPrototype: true } as const;

const someHello: Hello = {
  minVersion: 1,
  maxVersion: 1,
  features: 0,
  codecs: [1, 2],
  limits: { messageBytes: 1, inFlight: 2, partialBytes: 3, streams: 4, streamCreditBytes: 5, connectionCreditBytes: 6 },
  credentials: Buffer.alloc(0),
  cluster: "c",
  instance: "i",
};

for (const [name, read] of decoders) {
  test(`${name}: bytes of any kind are read or refused as an error of the protocol, and nothing behind them is looked at`, () => {
    const outcome = (bytes: Uint8Array, before: number, behind: number): unknown => {
      const around = Buffer.concat([Buffer.alloc(before, behind), bytes, Buffer.alloc(70, behind)]);
      try {
        return read(around, before, before + bytes.length);
      } catch (error) {
        assert.ok(error instanceof RpcError, `it threw ${String(error)}`);
        return error.reason;
      }
    };
    fc.assert(
      fc.property(nearly, (bytes) => {
        assert.deepEqual(outcome(bytes, 0, 0x00), outcome(bytes, 9, 0xff));
      }),
      { numRuns: 1_500 },
    );
  });
}

test("a hello arrives as it was said, whatever is in it", () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const hello = fc.record(
    {
      minVersion: fc.nat(255),
      maxVersion: fc.nat(255),
      features: u32,
      codecs: fc.array(fc.nat(255), { minLength: 1, maxLength: 40 }),
      limits: fc.record(
        {
          messageBytes: u32,
          inFlight: u32,
          partialBytes: u32,
          streams: u32,
          streamCreditBytes: u32,
          connectionCreditBytes: u32,
        },
        ordinary,
      ),
      credentials: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      cluster: fc.string({ unit: "grapheme", maxLength: 60 }),
      instance: fc.string({ unit: "grapheme", maxLength: 60 }),
    },
    ordinary,
  );
  fc.assert(
    fc.property(hello, (said) => {
      const bytes = encodeHello(said);
      assert.deepEqual(decodeHello(bytes, 0, bytes.length), said);
    }),
  );
});

test("what a hello said stays what it was when the chunk it came in is used again", () => {
  const bytes = encodeHello({ ...someHello, credentials: Buffer.from("secret") });
  const heard = decodeHello(bytes, 0, bytes.length);
  bytes.fill(0);
  assert.equal(heard.credentials.toString(), "secret");
  assert.equal(heard.cluster, "c");
});

test("a hello that would be above 4 KiB is not said: the error names what to shorten", () => {
  assert.throws(() => encodeHello({ ...someHello, credentials: Buffer.alloc(4_096) }), {
    reason: "HELLO_TOO_LARGE",
    message: /shorten/,
  });
});

test("what is asked of a service, and what it answers, arrive as they were said", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 130 });
  const kind = fc.constantFrom<MethodKind[]>("unary", "server", "client", "duplex");
  const method = fc.record(
    {
      name,
      index: fc.nat(0xffff),
      kind,
      idempotent: fc.boolean(),
      codecs: fc.array(fc.nat(255), { maxLength: 5 }),
      schemaHash: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString("hex")),
    },
    ordinary,
  );
  fc.assert(
    fc.property(
      name,
      fc.array(name, { maxLength: 20 }),
      fc.option(fc.array(method, { maxLength: 20 }), { nil: undefined }),
      (service, wanted, methods) => {
        const open = encodeOpen({ service, wanted });
        assert.deepEqual(decodeOpen(open, 0, open.length), { service, wanted });
        const opened = encodeOpened(methods);
        assert.deepEqual(decodeOpened(opened, 0, opened.length), methods);
      },
    ),
  );
});

test("an error arrives with everything that may leave its process, and with nothing else", () => {
  const error = fc.record(
    {
      code: fc.constantFrom(...(Object.keys(Code) as (keyof typeof Code)[])),
      message: fc.string({ unit: "grapheme", maxLength: 200 }),
      reason: fc.stringMatching(/^[A-Z_]{0,64}$/),
      processed: fc.constantFrom<Processed[]>("no", "maybe", "yes"),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 0xffff_fffe }), { nil: undefined }),
      details: fc.option(fc.uint8Array({ maxLength: 100 }), { nil: undefined }),
    },
    ordinary,
  );
  fc.assert(
    fc.property(error, ({ code, message, details, ...options }) => {
      const thrown = new RpcError(code, message, {
        ...options,
        cause: new Error("inside"),
        endpoint: "here",
        attempts: 3,
      });
      const bytes = encodeFault(thrown, details && Buffer.from(details));
      const { error: read, detailsStart } = decodeFault(codeOf(thrown), bytes, 0, bytes.length, "there");
      assert.deepEqual(
        [
          read.code,
          read.message,
          read.reason,
          read.processed,
          read.retryAfterMs,
          read.endpoint,
          read.origin,
          read.cause,
        ],
        [code, message, options.reason, options.processed, options.retryAfterMs, "there", "peer", undefined],
      );
      assert.deepEqual(bytes.subarray(detailsStart), Buffer.from(details ?? []));
      assert.ok(!bytes.includes("inside") && !bytes.includes("decoders.test"));
    }),
  );
});

test("an error of any size leaves in bounds, its message cut between characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1_500 }), fc.nat(3), (text, pad) => {
      const message = `${"a".repeat(pad)}${text}`;
      const bytes = encodeFault(new RpcError("unknown", message, { reason: "R".repeat(300) }));
      assert.ok(bytes.length <= 8 + 64 + maxMessageBytes);
      const { error } = decodeFault(2, bytes, 0, bytes.length, undefined);
      const plain = Buffer.from(message).toString();
      assert.ok(plain.startsWith(error.message) || plain.includes("\ufffd"));
      if (Buffer.byteLength(message) <= maxMessageBytes) assert.equal(error.message, plain);
    }),
  );
});

test("metadata arrives as it was given, whatever its values, and its bound counts every byte of it", () => {
  const metadata = fc.dictionary(
    fc.stringMatching(/^[a-z0-9_.-]{1,40}$/),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    { maxKeys: 64, noNullPrototype: true },
  );
  fc.assert(
    fc.property(metadata, (given) => {
      const bytes = Object.entries(given).reduce(
        (sum, [name, value]) => sum + 3 + name.length + Buffer.byteLength(value),
        0,
      );
      const sink = sinkOf(20_000);
      if (bytes > maxMetadataBytes) {
        assert.throws(() => writeMetadata(given, sink), { reason: "BAD_METADATA" });
        return;
      }
      writeMetadata(given, sink);
      assert.equal(sink.position, 2 + bytes);
      const fields = new Fields();
      assert.equal(fields.read(Flag.metadata, sink.bytes, 0, sink.position), sink.position);
      assert.deepEqual({ ...fields.metadata }, given);
    }),
  );
});

test("metadata called __proto__ is metadata, and changes no object", () => {
  const field = Buffer.from("000e095f5f70726f746f5f5f00027878", "hex");
  const fields = new Fields();
  fields.read(Flag.metadata, field, 0, field.length);
  assert.deepEqual(Object.entries(fields.metadata), [["__proto__", "xx"]]);
  assert.equal(Object.getPrototypeOf(fields.metadata), null);
});

test("fields of one frame are not left over for the next", () => {
  const fields = new Fields();
  const all = Buffer.from(`${"00000001".repeat(2)}0741${"00".repeat(25)}ffff0005016b000176`, "hex");
  assert.equal(fields.read(0x7f, all, 0, all.length), all.length);
  assert.deepEqual(
    [fields.totalBytes, fields.timeLeftMs, fields.codec, fields.load, { ...fields.metadata }],
    [1, 1, 7, 1, { k: "v" }],
  );
  assert.deepEqual([fields.priority, fields.attempt, fields.nestedRetry], ["critical", 1, true]);
  fields.read(0, all, 0, all.length);
  assert.deepEqual({ ...fields, metadata: { ...fields.metadata } }, { ...new Fields(), metadata: {} });
});

test("priority, attempt and caution arrive as they left; attempts above 16 count as 16", () => {
  const read = (bits: number): Fields => {
    const fields = new Fields();
    fields.read(Flag.priority, Buffer.from([bits]), 0, 1);
    return fields;
  };
  for (const priority of ["normal", "critical", "sheddable"] as const satisfies Priority[]) {
    for (const attempt of [1, 2, 3, 15, 16, 17, 1_000]) {
      for (const nestedRetry of [true, false]) {
        const fields = read(priorityBits(priority, attempt, nestedRetry));
        assert.deepEqual(
          [fields.priority, fields.attempt, fields.nestedRetry],
          [priority, Math.min(attempt, 16), nestedRetry],
        );
      }
    }
  }
  assert.equal(priorityBits("normal", 1, false), 0, "the common call has no such field");
  assert.equal(read(3).priority, "normal");
});

test("metadata that is no text is refused by name, and a hostile name is shown safely", () => {
  const wrong: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ key: 5 }, /"key" is not a string/],
    [{ key: null }, /"key" is not a string/],
    [{ "a\nb": "v" }, /"a\\nb"/],
    [{ [`${"x".repeat(500)}`]: "v" }, /x{64}"/],
  ];
  for (const [metadata, message] of wrong) {
    assert.throws(() => writeMetadata(metadata as Metadata, sinkOf(9_000)), {
      code: "invalid_argument",
      reason: "BAD_METADATA",
      message,
    });
  }
});

function sinkOf(size: number) {
  return { bytes: Buffer.alloc(size), position: 0, reserve: () => {} };
}
