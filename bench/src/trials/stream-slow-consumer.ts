import { openEnds } from "./streams/open-ends.js";
import { defineTrial } from "./trial.js";

const bytesPerSecond = 8 * 1_048_576;

/** What a consumer that cannot keep up makes both sides hold. */
export const streamSlowConsumer = defineTrial({
  id: "stream-slow-consumer",
  title: "bytes as fast as they come, to a consumer of 8 MiB a second",
  figures: {
    held: {
      what: "the most that both sides held",
      unit: "MiB",
      goal: { kind: "atMost", must: 4, aim: 1 },
    },
    rss: {
      what: "the most memory (RSS) of either process, above that of a bare socket pipe",
      unit: "MiB",
      goal: { kind: "atMost", must: 16, aim: 8 },
    },
  },
  async measure(lab) {
    const totalBytes = (lab.quick ? 32 : 256) * 1_048_576;
    lab.onProgress(`slow consumer of a stream: about ${totalBytes / bytesPerSecond} s`);
    const kinds = ["core", "bare"] as const;
    const [core, bare] = await Promise.all(
      kinds.map(async (kind) => {
        const { client, server } = await openEnds(lab, kind);
        await Promise.all([client.ask("look", {}), server.ask("look", {})]);
        await client.ask("slowly", { totalBytes, bytesPerSecond }, 120_000);
        return Promise.all([client.ask("peak", {}), server.ask("peak", {})]);
      }),
    );
    const above = core!.map(({ rssBytes }, side) => rssBytes - bare![side]!.rssBytes);
    const held = core!.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
    return { held: [held / 1_048_576], rss: [Math.max(...above) / 1_048_576] };
  },
});
