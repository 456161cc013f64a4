import { shuffled } from "../statistics/random.js";
import type { Ends } from "./streams/open-ends.js";
import { openEnds } from "./streams/open-ends.js";
import { defineTrial, type Lab } from "./trial.js";

const kinds = ["core", "bare"] as const;
/**
 * Rounds with the same processes. Where the allocator of one happens to put things makes its reads up to twice as slow
 * for as long as it lives, ours or the bare socket's: many starts with few rounds tell of both, one start of its luck.
 */
const roundsOfAStart = 2;
const warmUps = 5;

/** How fast one stream is, against a socket that does nothing else. */
export const streamRates = defineTrial({
  id: "stream-rates",
  title: "one stream from server to client, against a bare socket",
  figures: {
    items: {
      what: "small items a second / bare socket with msgpackr",
      unit: "x",
      goal: { kind: "atLeast", must: 0.7, aim: 0.9 },
    },
    bytes: {
      what: "bytes a second in chunks of 64 KiB / bare socket pipe",
      unit: "x",
      goal: { kind: "atLeast", must: 0.8, aim: 0.95 },
    },
    itemsPerSecond: { what: "small items a second", unit: "count" },
    mebibytesPerSecond: { what: "MiB a second", unit: "MiB" },
  },
  async measure(lab) {
    const { quick, rounds, onProgress } = lab;
    const sizes = {
      items: { count: quick ? 100_000 : 200_000 },
      // A tenth of a second and more: less is as long as the system takes to settle two processes on two cores.
      bytes: { totalBytes: (quick ? 256 : 512) * 1_048_576 },
    };
    const starts = Math.ceil(rounds / roundsOfAStart);
    const found = {
      items: [] as number[],
      bytes: [] as number[],
      itemsPerSecond: [] as number[],
      mebibytesPerSecond: [] as number[],
    };
    for (let start = 0; start < starts; start++) {
      onProgress(`streams: start ${start + 1} of ${starts}`);
      const { core, bare } = await measureStart(lab, sizes);
      found.items.push(core.items / bare.items);
      found.bytes.push(core.bytes / bare.bytes);
      found.itemsPerSecond.push(core.items);
      found.mebibytesPerSecond.push(core.bytes / 1_048_576);
    }
    return found;
  },
});

interface Sizes {
  readonly items: { readonly count: number };
  readonly bytes: { readonly totalBytes: number };
}

/** Returns how many items and bytes a second come of either kind, by processes of their own. */
async function measureStart(lab: Lab, { items, bytes }: Sizes) {
  const ends = { core: await openEnds(lab, "core"), bare: await openEnds(lab, "bare") };
  const seconds = { core: { items: 0, bytes: 0 }, bare: { items: 0, bytes: 0 } };
  for (let warmUp = 0; warmUp < warmUps; warmUp++)
    for (const kind of kinds) await measureOnce(ends[kind], { items, bytes });
  for (let round = 0; round < roundsOfAStart; round++) {
    const order = shuffled(kinds, lab.random);
    // Each twice, the other way round the second time: what goes slower by and by goes so for both.
    for (const kind of [...order, ...[...order].reverse()]) {
      const took = await measureOnce(ends[kind], { items, bytes });
      seconds[kind].items += took.items;
      seconds[kind].bytes += took.bytes;
    }
  }
  await Promise.all(kinds.flatMap((kind) => [ends[kind].client.kill(), ends[kind].server.kill()]));
  const each = 2 * roundsOfAStart;
  const rate = (kind: (typeof kinds)[number]) => ({
    items: (each * items.count) / seconds[kind].items,
    bytes: (each * bytes.totalBytes) / seconds[kind].bytes,
  });
  return { core: rate("core"), bare: rate("bare") };
}

/** Returns how many seconds the items took, and the bytes. */
async function measureOnce({ client }: Ends, { items, bytes }: Sizes) {
  return {
    items: items.count / (await client.ask("items", items)),
    bytes: bytes.totalBytes / (await client.ask("bytes", bytes)),
  };
}
