import assert from "node:assert/strict";
import test from "node:test";
import {
  bind,
  createClient,
  createDispatcher,
  currentCall,
  type Metadata,
  type Reply,
  RpcError,
  withOptions,
} from "@rpc/core";
import { type Calling, calling, ProbeService } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { keepingLog } from "./ground/log.js";
import { serving } from "./ground/serving.js";

/** Metadata whose field has exactly so many bytes. */
const metadataOf = (bytes: number): Record<string, string> => ({ k: "v".repeat(bytes - 4) });
const entries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, ""]));

const fits: readonly (readonly [what: string, metadata: Metadata])[] = [
  ["one entry", { zone: "b" }],
  ["64 entries", entries(64)],
  ["8 KiB", metadataOf(8_192)],
  ["a value beyond ASCII", { key: "grüße \u{1F44B}" }],
];
const tooMuch: readonly (readonly [what: string, metadata: unknown])[] = [
  ["65 entries", entries(65)],
  ["8 KiB and a byte", metadataOf(8_193)],
  ["a name in upper case", { Key: "v" }],
  ["a number", { key: 1 }],
  ["text", "text in place of an object"],
  [
    "a getter that throws",
    {
      get key() {
        throw new Error("secret");
      },
    },
  ],
];

/** A client that keeps what it is told of answers. */
function listening({ probe }: Pick<Calling, "probe">) {
  const told: Reply[] = [];
  return { told, probe: withOptions(probe, { onReply: (reply) => told.push(reply) }) };
}

for (const ground of grounds.map((make) => make())) {
  for (const [what, metadata] of fits) {
    test(`${what} beside an answer reaches who asked, with a result and with an error (${ground.name})`, async (t) => {
      const { address } = await serving(t, ground, {
        on: {
          add: (call) => {
            call.replyMetadata = metadata;
            return 3;
          },
          nothing: (call) => {
            call.replyMetadata = metadata;
            throw new RpcError("not_found", "nothing is there", { details: { at: 1 } });
          },
        },
      });
      const { probe, told } = listening(calling(t, ground, address));
      assert.equal(await probe.add(1, 2), 3);
      const error = await failed(probe.nothing());
      assert.deepEqual([error.code, error.message, error.details], ["not_found", "nothing is there", { at: 1 }]);
      assert.deepEqual(
        told.map((reply) => [{ ...reply.metadata }, reply.endpoint?.address, reply.attempts]),
        [
          [{ ...metadata }, address, 1],
          [{ ...metadata }, address, 1],
        ],
      );
    });
  }
}

for (const [what, metadata] of tooMuch) {
  test(`${what} beside an answer fails a result clearly, spares an error, and is logged once each`, async (t) => {
    const ground = inMemory();
    const { address, log } = await serving(t, ground, {
      on: {
        add: (call) => {
          call.replyMetadata = metadata as Metadata;
          return 3;
        },
        nothing: (call) => {
          call.replyMetadata = metadata as Metadata;
          throw new RpcError("not_found", "nothing is there");
        },
      },
    });
    const { probe, told } = listening(calling(t, ground, address));
    const error = await failed(probe.add(1, 2));
    assert.deepEqual([error.code, error.reason, error.processed], ["internal", "ENCODE_FAILED", "yes"]);
    assert.match(error.message, /the answer of \/Probe\/add cannot be encoded; its server's log says why/);
    assert.equal(log.length, 1);
    assert.match(JSON.stringify(log[0]), /replyMetadata of \/Probe\/add cannot be sent/);
    assert.equal((await failed(probe.nothing())).code, "not_found");
    assert.equal(log.length, 2);
    assert.doesNotMatch(JSON.stringify(log), /secret|vvvv/);
    assert.deepEqual(
      told.map((reply) => ({ ...reply.metadata })),
      [{}, {}],
    );
    assert.equal(await probe.echo("next"), "next", "the connection lives");
  });
}

test("a long answer keeps its metadata, and one that has none says nothing", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    on: {
      echo: (call) => {
        call.replyMetadata = { zone: "b" };
        return call.input[0];
      },
    },
  });
  const { probe, told } = listening(calling(t, ground, address));
  const long = "x".repeat(300_000);
  assert.equal(await probe.echo(long), long);
  await probe.add(1, 2);
  assert.deepEqual(
    told.map((reply) => ({ ...reply.metadata })),
    [{ zone: "b" }, {}],
  );
});

test("interceptors of both sides see it and may add to it", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    interceptors: [
      (next) => async (call) => {
        const output = await next(call);
        call.replyMetadata = { ...call.replyMetadata, served: "yes" };
        return output;
      },
    ],
    on: {
      add: (call) => {
        call.replyMetadata = { zone: "b" };
        return 3;
      },
    },
  });
  const seen: Metadata[] = [];
  const { probe } = calling(t, ground, address, {
    interceptors: [
      (next) => async (call) => {
        const output = await next(call);
        seen.push({ ...call.replyMetadata });
        return output;
      },
    ],
  });
  await probe.add(1, 2);
  assert.deepEqual(seen, [{ zone: "b", served: "yes" }]);
});

test("after a retry it is the last answer's, with the attempts that were made", async (t) => {
  const ground = inMemory();
  let turn = 0;
  const { address } = await serving(t, ground, {
    admissions: [
      () => (turn++ === 0 ? new RpcError("unavailable", "not yet", { reason: "NOT_YET", retryAfterMs: 1 }) : undefined),
    ],
    on: {
      add: (call) => {
        call.replyMetadata = { turn: String(turn) };
        return 3;
      },
    },
  });
  const { probe, told } = listening(calling(t, ground, address));
  await probe.add(1, 2);
  assert.deepEqual(
    told.map((reply) => [{ ...reply.metadata }, reply.attempts]),
    [[{ turn: "2" }, 2]],
  );
});

test("who is told nothing of a call that failed on its own side", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  const { probe, told } = listening(calling(t, ground, address));
  assert.equal((await failed(withOptions(probe, { timeoutMs: 0 }).add(1, 2))).code, "deadline_exceeded");
  assert.equal((await failed(withOptions(probe, { signal: AbortSignal.abort() }).add(1, 2))).code, "cancelled");
  assert.deepEqual(told, []);
});

test("what onReply throws rejects a call that would have succeeded, and never hides an error", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, {
    on: {
      nothing: () => {
        throw new RpcError("not_found", "nothing is there");
      },
    },
  });
  const { probe } = calling(t, ground, address);
  const mistaken = withOptions(probe, {
    onReply: () => {
      throw new TypeError("a mistake of the caller's");
    },
  });
  await assert.rejects(mistaken.add(1, 2), /a mistake of the caller's/);
  assert.equal((await failed(mistaken.nothing())).code, "not_found");
});

test("a call within the process behaves the same", async () => {
  const log = keepingLog();
  const dispatcher = createDispatcher(
    [
      bind(ProbeService, {
        add: (a, b) => {
          currentCall().replyMetadata = a > 0 ? { zone: "b" } : entries(65);
          return a + b;
        },
        echo: (value) => value,
        nothing: () => {
          currentCall().replyMetadata = { zone: "c" };
          throw new RpcError("not_found", "nothing is there");
        },
        hang: () => null,
      }),
    ],
    [],
    { ambient: true, logger: log },
  );
  const { probe, told } = listening({ probe: createClient(ProbeService, dispatcher.invoke) });
  assert.equal(await probe.add(1, 2), 3);
  assert.equal((await failed(probe.nothing())).code, "not_found");
  assert.equal(log.records.length, 0);
  const error = await failed(probe.add(0, 0));
  assert.deepEqual([error.code, error.reason, error.processed], ["internal", "ENCODE_FAILED", "yes"]);
  assert.equal(log.records.length, 1);
  assert.deepEqual(
    told.map((reply) => ({ ...reply.metadata })),
    [{ zone: "b" }, { zone: "c" }, {}],
  );
});
