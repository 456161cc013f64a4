import assert from "node:assert/strict";
import test from "node:test";
import { inMemory } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { open, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

const secret = "hunter2";

const cycle = (): object => {
  const inside: { self?: object } = {};
  inside.self = inside;
  return { inside };
};

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

/** Answers that cannot travel. */
const unencodable: readonly (readonly [
  string,
  () => unknown,
  code: "internal" | "resource_exhausted",
  reason: string,
])[] = [
  ["has a cycle", cycle, "internal", "ENCODE_FAILED"],
  ["is a function", () => () => secret, "internal", "ENCODE_FAILED"],
  ["holds a function", () => ({ run: () => secret }), "internal", "ENCODE_FAILED"],
  ["is a symbol", () => Symbol(secret), "internal", "ENCODE_FAILED"],
  [
    "has a getter that throws",
    () => ({
      get inside() {
        throw new Error(secret);
      },
    }),
    "internal",
    "ENCODE_FAILED",
  ],
  ["is nested too deep", () => deep(100_000), "internal", "ENCODE_FAILED"],
  ["is above the size that the caller takes", () => "x".repeat(5_000_000), "resource_exhausted", "MESSAGE_TOO_LARGE"],
  [
    "is a Proxy that throws",
    () =>
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(secret);
          },
        },
      ),
    "internal",
    "ENCODE_FAILED",
  ],
];

for (const [what, make, code, reason] of unencodable) {
  test(`an answer that ${what} is a failed call, told once, logged once, and the connection lives`, async (t) => {
    const ground = inMemory();
    const { address, log } = await serving(t, ground, { on: { answer: make } });
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["answer", "add"]), request({ id: 2 }));
    await peer.expect("opened");
    const { bytes } = await peer.expect("error", { id: 2, code, reason, processed: "yes", message: /\/Probe\/answer/ });
    assert.doesNotMatch(bytes.toString("latin1"), /hunter2/);
    assert.ok(bytes.length < 1_200);
    assert.equal(log.filter(({ level }) => level === "error").length, 1);
    assert.match(JSON.stringify(log), /Probe\/answer/);
    peer.send(request({ id: 3, method: 1, args: [1, 2] }));
    await peer.expect("response", { id: 3, value: 3 });
  });
}

test("an answer is encoded once, and what it had begun to write is not seen by anybody", async (t) => {
  const ground = inMemory();
  let looks = 0;
  const { address } = await serving(t, ground, {
    on: {
      answer: () => ({
        before: "x".repeat(200_000),
        get counted() {
          looks++;
          throw new Error(secret);
        },
      }),
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["answer", "add"]), request({ id: 2 }), request({ id: 3, method: 1, args: [1, 2] }));
  await peer.expect("opened");
  const frames = [await peer.next(), await peer.next()].sort((a, b) => a.id - b.id);
  assert.deepEqual(
    frames.map(({ kind }) => kind),
    ["error", "response"],
  );
  assert.equal(looks, 1);
  assert.ok(peer.receivedBytes < 2_000);
});
