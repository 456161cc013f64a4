/**
 * The default codec against msgpackr (useRecords: false, its own reused buffer), write and read apart and together.
 * Both run in turn within the same few milliseconds, so that what else the machine does hits both: the figures are
 * medians of the ratios of such pairs, above 1 where ours is faster, and each one's quickest time.
 *
 *   npm run build && node bench/codec.mjs [rounds]
 */
import assert from "node:assert/strict";
import { hrtime } from "node:process";
import { Packr } from "msgpackr";
import { createSink, messagePack } from "../packages/core/dist/codecs/index.js";

const rounds = Number(process.argv[2] ?? 300);
const limits = { depth: 64, elements: 262_144 };
const packr = new Packr({ useRecords: false });

const order = {
  id: 123_456,
  key: "3f2b8c1e-9d4a-4f6b-8a7c-1e2d3c4b5a69",
  active: true,
  price: 1234.5678,
  quantity: 42,
  name: "Ada Lovelace, Countess",
  email: "ada.lovelace@example.org",
  tags: ["alpha", "beta", "gamma", "delta"],
  description: "x".repeat(289),
  address: { street: "12 St James's Square", city: "London", zip: "SW1Y 4JH", lat: 51.5074, lng: -0.1342 },
  parent: null,
  createdAt: 1_700_000_000_000,
};
const foreign = {
  ...order,
  name: "Łódź żółć Gräfin",
  description: "Möbel, Straßen und Äpfel ".repeat(10),
  tags: ["жёлтый", "gün", "日本語"],
};
const many = (value, count) => [Array.from({ length: count }, (_, id) => ({ ...value, id }))];

const cases = {
  "{ a, b, name }": [{ a: 12, b: 34, name: "some short name" }],
  "12 fields": [order],
  "4 KiB of them": many(order, 7),
  "64 KiB of them": many(order, 112),
  "not ASCII": [foreign],
  "64 KiB not ASCII": many(foreign, 110),
};

for (const [name, value] of Object.entries(cases)) {
  const sink = createSink();
  messagePack.encode(value, sink);
  const ours = sink.take();
  const theirs = Buffer.from(packr.pack(value));
  assert.deepStrictEqual(messagePack.decode(ours, 0, ours.length, limits), value);
  const runs = [
    () => packr.pack(value),
    () => packr.unpack(theirs),
    () => {
      sink.position = 0;
      messagePack.encode(value, sink);
    },
    () => messagePack.decode(ours, 0, ours.length, limits),
  ];
  const turns = Math.max(1, Math.round(20_000 / (ours.length + 30)));
  const times = runs.map(() => []);
  for (let round = 0; round < rounds * 1.2; round++) {
    for (const [index, run] of runs.entries()) {
      const from = hrtime.bigint();
      for (let turn = 0; turn < turns; turn++) run();
      if (round > rounds * 0.2) times[index].push(Number(hrtime.bigint() - from) / turns);
    }
  }
  const [pack, unpack, encode, decode] = times;
  const ratio = (of) => median(pack.map((_, index) => of(index))).toFixed(2);
  console.log(
    `${name.padEnd(17)} ${String(ours.length).padStart(6)} bytes`,
    ` write ${ratio((i) => pack[i] / encode[i])}x  read ${ratio((i) => unpack[i] / decode[i])}x`,
    ` both ${ratio((i) => (pack[i] + unpack[i]) / (encode[i] + decode[i]))}x`,
    ` (msgpackr ${least(pack)} + ${least(unpack)} ns, ours ${least(encode)} + ${least(decode)} ns)`,
  );
}

function median(numbers) {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1];
}

function least(numbers) {
  return Math.round(Math.min(...numbers));
}
