import { shuffled } from "../statistics/random.js";
import { openEnds } from "./streams/open-ends.js";
import { defineTrial } from "./trial.js";

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
    const { quick, random, rounds, onProgress } = lab;
    const kinds = ["core", "bare"] as const;
    const ends = { core: await openEnds(lab, "core"), bare: await openEnds(lab, "bare") };
    const items = { count: quick ? 100_000 : 200_000 };
    const bytes = { totalBytes: (quick ? 128 : 256) * 1_048_576 };
    for (const kind of kinds) {
      for (let warmUp = 0; warmUp < 3; warmUp++) {
        await ends[kind].client.ask("items", items);
        await ends[kind].client.ask("bytes", bytes);
      }
    }
    const found = {
      items: [] as number[],
      bytes: [] as number[],
      itemsPerSecond: [] as number[],
      mebibytesPerSecond: [] as number[],
    };
    for (let round = 0; round < rounds; round++) {
      onProgress(`streams: round ${round + 1} of ${rounds}`);
      const rates = { core: { items: 0, bytes: 0 }, bare: { items: 0, bytes: 0 } };
      for (const kind of shuffled(kinds, random)) {
        rates[kind].items = await ends[kind].client.ask("items", items);
        rates[kind].bytes = await ends[kind].client.ask("bytes", bytes);
      }
      found.items.push(rates.core.items / rates.bare.items);
      found.bytes.push(rates.core.bytes / rates.bare.bytes);
      found.itemsPerSecond.push(rates.core.items);
      found.mebibytesPerSecond.push(rates.core.bytes / 1_048_576);
    }
    return found;
  },
});
