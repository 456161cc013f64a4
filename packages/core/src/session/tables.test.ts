import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { madeUpCall } from "../ambient/made-up-call.fixture.js";
import type { Call, Carrier } from "../contract/call.js";
import type { RpcError } from "../contract/errors.js";
import { defaultLimits } from "../contract/limits.js";
import { CallCounters } from "../stats/call-counters.js";
import { createManualClock } from "../testing/manual-clock.js";
import { Assemblies } from "./assembly.js";
import { GrowingSink } from "./growing-sink.js";
import { InFlight } from "./in-flight.js";
import type { PendingCall, QueueOwner } from "./pending-call.js";
import type { RemoteMethod } from "./remote-service.js";
import type { RunningCall } from "./running-call.js";
import { RunningCalls } from "./running-calls.js";
import { SendQueue } from "./send-queue.js";

const owner: Carrier & QueueOwner = { giveUp: () => "no", giveUpQueued: () => "no" };
const remote = { counters: new CallCounters() } as unknown as RemoteMethod;

function put(calls: InFlight, log: unknown[] = []): { id: number; call: Call } {
  const call = madeUpCall();
  const receiver = { succeed: (output: unknown) => log.push(output), fail: (error: unknown) => log.push(error) };
  return { id: calls.add(call, remote, undefined, receiver), call };
}

test("the table of calls in flight keeps each under its own id, whatever is put in and taken out, and give no id twice", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), which: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("skip" as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("take back" as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("never given" as const), which: fc.nat() }) },
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 600 }),
      fc.constantFrom(1, 63, 0x7fff_fff0, 0xffff_0000),
      (steps, firstId) => {
        const calls = new InFlight(owner, firstId);
        const model = new Map<number, Call>();
        let last = firstId - 1;
        for (const { do: what, which } of steps) {
          const known = [...model.keys()];
          if (what === "add") {
            const { id, call } = put(calls);
            assert.ok(id > last && id <= 0xffff_ffff);
            last = id;
            model.set(id, call);
            calls.written(id, id);
            assert.deepEqual([call.carrier, call.carriedAs], [owner, id]);
          } else if (what === "skip") {
            const id = calls.skip();
            assert.ok(id > last);
            last = id;
            assert.equal(calls.get(id), undefined);
          } else if (what === "take back") {
            // What nobody has seen was never issued.
            const { id, call } = put(calls);
            assert.ok(id > last);
            assert.equal(calls.takeBack(id)?.call, call);
            assert.equal(calls.issued(id), false);
          } else if (what === "take" && known.length > 0) {
            const id = known[which % known.length]!;
            const taken = calls.take(id);
            assert.deepEqual([taken?.call, taken?.writtenAt], [model.get(id), id]);
            assert.equal(taken?.call.carrier, undefined);
            model.delete(id);
            assert.equal(calls.take(id), undefined);
          } else {
            const id = last + 1 + (which % 1_000);
            assert.equal(calls.get(id), undefined);
            assert.equal(calls.take(id), undefined);
            assert.equal(calls.issued(id), false);
          }
          assert.equal(calls.size, model.size);
        }
        for (const [id, call] of model) assert.equal(calls.get(id), call);
        assert.deepEqual(new Set(calls.ids()), new Set(model.keys()));
        assert.equal(calls.oldestWrittenAt(firstId), Math.min(...[...model.keys()].filter((id) => id > firstId)));
      },
    ),
    { numRuns: 80 },
  );
});

test("a call that stays for a long time takes no other's place, however many come and go", () => {
  const calls = new InFlight(owner);
  const log: unknown[] = [];
  const old = put(calls);
  for (let n = 0; n < 100_000; n++) {
    const { id } = put(calls, log);
    assert.notEqual(id & 7, old.id & 7);
    calls.succeed(id, n, 0);
    assert.equal(log.pop(), n);
  }
  assert.equal(calls.get(old.id), old.call);
});

test("a call that was given to another connection meanwhile stays with that one", () => {
  const calls = new InFlight(owner);
  const { id, call } = put(calls);
  const second = calls.add(call, remote, undefined, { succeed() {}, fail() {} });
  calls.take(id);
  assert.deepEqual([call.carrier, call.carriedAs], [owner, second]);
  calls.succeed(second, undefined, 0);
  assert.equal(call.carrier, undefined);
});

test("ids that run out are said to before they do", () => {
  assert.equal(new InFlight(owner, 1).nearlyExhausted, false);
  assert.equal(new InFlight(owner, 0xffff_ffff - 2_000_000).nearlyExhausted, false);
  assert.equal(new InFlight(owner, 0xffff_ffff - 1_000).nearlyExhausted, true);
});

const running = (id: number): RunningCall => ({ id }) as RunningCall;

test("calls that run are found by the ids their caller gave them, also where the caller chose ids that meet", () => {
  const id = fc.oneof(
    fc.nat(200),
    fc.nat(40).map((n) => n * 64 + 1),
    fc.nat(40).map((n) => n * 65_536 + 5),
    fc.integer({ min: 0x7fff_fff0, max: 0xffff_ffff }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 300 }), (steps) => {
      const calls = new RunningCalls();
      const model = new Map<number, RunningCall>();
      for (const [add, id] of steps) {
        const known = model.get(id);
        if (add && known === undefined) {
          const call = running(id);
          calls.add(call);
          model.set(id, call);
        } else if (known !== undefined) {
          assert.equal(calls.delete(known), true);
          assert.equal(calls.delete(known), false);
          model.delete(id);
        }
        assert.equal(calls.get(id), model.get(id));
        assert.equal(calls.size, model.size);
      }
      assert.deepEqual(new Set(calls.takeAll()), new Set(model.values()));
      assert.equal(calls.size, 0);
    }),
    { numRuns: 150 },
  );
});

/** A call as the queue knows it. */
function pending(log: string[], name: string): PendingCall {
  const call = {
    settled: false,
    queuedBody: undefined,
    fail: (error: RpcError) => {
      call.settled = true;
      call.queuedBody = undefined;
      log.push(`${name} ${error.reason}`);
    },
  };
  return call as unknown as PendingCall;
}

test("the send queue gives calls back in their order, forgets those given up, and counts right whatever happens", () => {
  const step = fc.record({
    do: fc.constantFrom("push", "push", "shift", "remove", "putBack"),
    size: fc.nat(90),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.constantFrom("evict" as const, "refuse" as const),
      (steps, whenFull) => {
        const log: string[] = [];
        const queue = new SendQueue({ ...defaultLimits, sendQueueEntries: 8, sendQueueBytes: 300 }, whenFull, "e");
        let model: { name: string; call: PendingCall; size: number }[] = [];
        const bytes = (): number => model.reduce((sum, { size }) => sum + size, 0);
        for (const [n, { do: what, size, which }] of steps.entries()) {
          const name = `${n}`;
          log.length = 0;
          if (what === "push") {
            const call = pending(log, name);
            const lost: string[] = [];
            while (model.length > 0 && (model.length >= 8 || bytes() + size > 300) && whenFull === "evict")
              lost.push(model.shift()!.name);
            const refused = model.length >= 8 || bytes() + size > 300;
            queue.push(call, Buffer.alloc(size), 0);
            assert.deepEqual(log, refused ? [`${name} QUEUE_FULL`] : lost.map((each) => `${each} QUEUE_EVICTED`));
            if (!refused) model.push({ name, call, size });
          } else if (what === "shift" || what === "putBack") {
            const first = model.shift();
            assert.equal(queue.firstBytes, first?.size ?? 0);
            assert.equal(queue.shift(), first?.call);
            if (what === "putBack" && first !== undefined) {
              queue.putBack(first.call, Buffer.alloc(first.size));
              model.unshift(first);
            }
          } else if (model.length > 0) {
            const [given] = model.splice(which % model.length, 1);
            queue.remove(given!.call);
            given!.call.fail({ reason: "GIVEN_UP" } as RpcError, 0);
          }
          assert.equal(queue.size, model.length);
        }
        assert.deepEqual(
          queue.takeAll(),
          model.map(({ call }) => call),
        );
        model = [];
        assert.equal(queue.size, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test("messages in parts are put together from any parts, each by its own id, and hold what arrived of them", () => {
  const message = fc.record({
    id: fc.integer({ min: 1, max: 1e9 }),
    size: fc.nat(5_000),
    cuts: fc.array(fc.nat(5_000), { maxLength: 9 }),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(message, { maxLength: 6, selector: ({ id }) => id }),
      fc.infiniteStream(fc.nat()),
      (messages, chance) => {
        const assemblies = new Assemblies<number>(defaultLimits, createManualClock());
        const parts = messages.map(({ id, size, cuts }) => {
          const body = Buffer.alloc(size, id & 0xff);
          const places = [0, ...cuts.map((cut) => Math.min(cut, size)).sort((a, b) => a - b), size, size];
          return { id, size, left: places.slice(1).map((end, at) => body.subarray(places[at]!, end)), begun: false };
        });
        const whole: number[] = [];
        while (parts.some(({ left }) => left.length > 0)) {
          const open = parts.filter(({ left }) => left.length > 0);
          const one = open[chance.next().value % open.length]!;
          const part = one.left.shift()!;
          const chunk = Buffer.concat([Buffer.alloc(3, 0xee), part, Buffer.alloc(3, 0xee)]);
          if (!one.begun) {
            one.begun = true;
            assemblies.begin(one.id, one.size, one.id, chunk, 3, chunk.length - 3);
            continue;
          }
          const made = assemblies.add(one.id, one.left.length === 0, chunk, 3, chunk.length - 3);
          chunk.fill(0);
          if (made === undefined) continue;
          whole.push(made.context);
          assert.ok(made.body.equals(Buffer.alloc(one.size, one.id & 0xff)));
        }
        assert.deepEqual(
          whole.sort((a, b) => a - b),
          messages.map(({ id }) => id).sort((a, b) => a - b),
        );
        assert.equal(assemblies.waitingSince, Number.POSITIVE_INFINITY);
      },
    ),
    { numRuns: 150 },
  );
});

test("what was announced counts against the bound until its message has ended or was dropped", () => {
  const assemblies = new Assemblies<string>({ ...defaultLimits, partialBytes: 100 }, createManualClock());
  const nothing = Buffer.alloc(0);
  assemblies.begin(1, 60, "a", nothing, 0, 0);
  assemblies.begin(2, 40, "b", nothing, 0, 0);
  assert.throws(() => assemblies.begin(3, 1, "c", nothing, 0, 0), { reason: "PARTIAL_LIMIT" });
  assemblies.drop(1);
  assemblies.drop(1);
  assemblies.begin(4, 60, "d", nothing, 0, 0);
  assert.throws(() => assemblies.begin(5, 1, "e", nothing, 0, 0), { reason: "PARTIAL_LIMIT" });
  assert.equal(assemblies.add(1, true, nothing, 0, 0), undefined, "parts of what was dropped find nothing");
  const alone = new Assemblies<string>({ ...defaultLimits, partialBytes: 100 }, createManualClock());
  alone.begin(1, 5_000, "one that is alone may be larger", nothing, 0, 0);
});

test("more long messages may be begun than calls may be in flight: oneway ones, and those with streams", () => {
  const limits = { ...defaultLimits, inFlight: 1, partialBytes: 1_000_000 };
  const assemblies = new Assemblies<number>(limits, createManualClock());
  const nothing = Buffer.alloc(0);
  for (let id = 1; id <= 15; id++) assemblies.begin(id, 65_536, id, nothing, 0, 0);
  assert.throws(() => assemblies.begin(16, 65_536, 16, nothing, 0, 0), { reason: "PARTIAL_LIMIT" });
  const short = new Assemblies<number>(limits, createManualClock());
  for (let id = 1; id <= 31; id++) short.begin(id, 1, id, nothing, 0, 0);
  assert.throws(
    () => short.begin(32, 1, 32, nothing, 0, 0),
    { reason: "PARTIAL_LIMIT" },
    "there is an end to short ones",
  );
});

test("a sink of its own memory keeps what was written while it grows, and is exact at its bound", () => {
  const sink = new GrowingSink(10_000, "limits.messageBytes");
  for (let n = 0; n < 10_000; n++) {
    sink.reserve(1);
    sink.bytes[sink.position++] = n & 0xff;
  }
  const taken = sink.taken();
  assert.ok(taken.every((byte, n) => byte === (n & 0xff)));
  sink.reserve(1);
  sink.position++;
  assert.throws(() => sink.taken(), {
    code: "resource_exhausted",
    reason: "MESSAGE_TOO_LARGE",
    processed: "no",
    message: /10001.*limits\.messageBytes/,
  });
  assert.throws(() => new GrowingSink(100, "o").reserve(1e9), { reason: "MESSAGE_TOO_LARGE" });
});
