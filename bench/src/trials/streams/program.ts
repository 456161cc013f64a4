import { answerQuestions } from "../../processes/answer-questions.js";
import { openLoop } from "../../workloads/open-loop.js";
import { bareStreams } from "./bare.js";
import { coreStreams } from "./core.js";
import type { StreamQuestions } from "./questions.js";
import type { Streams } from "./whose.js";

/* Either process of the trials of streams: `program.js server|client core|bare`. */

const lookEveryMs = 100;
const [side, name] = process.argv.slice(2);
const kind = name === "core" ? coreStreams : bareStreams;
const crowd = { controller: new AbortController(), readers: [] as Promise<void>[] };
let peak = { heldBytes: 0, rssBytes: 0 };
let looking = false;
let streams: Streams | undefined;

/** Looks from now on; not before it is asked for, since what it costs would be taken for that of the streams. */
function look(): void {
  if (!looking) setInterval(note, lookEveryMs).unref();
  looking = true;
  peak = { heldBytes: 0, rssBytes: 0 };
  note();
}

function note(): void {
  const { heldBytes, rssBytes } = peak;
  peak = {
    heldBytes: Math.max(heldBytes, kind.heldBytes()),
    rssBytes: Math.max(rssBytes, process.memoryUsage.rss()),
  };
}

answerQuestions<StreamQuestions>(
  {
    async open({ address }) {
      if (side === "server") return kind.serve();
      streams = await kind.connect(address);
      return "";
    },
    async items({ count }) {
      const startedAt = performance.now();
      const sum = await streams!.items(count);
      if (sum !== (count * (count - 1)) / 2) throw new Error(`${count} items came with a sum of ${sum}.`);
      return (count * 1_000) / (performance.now() - startedAt);
    },
    async bytes({ totalBytes }) {
      const startedAt = performance.now();
      const seen = await streams!.bytes(totalBytes);
      if (seen !== totalBytes) throw new Error(`${seen} bytes came where ${totalBytes} were right.`);
      return (totalBytes * 1_000) / (performance.now() - startedAt);
    },
    async slowly({ totalBytes, bytesPerSecond }) {
      const startedAt = performance.now();
      let taken = 0;
      const seen = await streams!.bytes(totalBytes, (bytes) => {
        taken += bytes;
        const waitMs = startedAt + (taken * 1_000) / bytesPerSecond - performance.now();
        return waitMs <= 0 ? undefined : new Promise((resolve) => setTimeout(resolve, waitMs));
      });
      if (seen !== totalBytes) throw new Error(`${seen} bytes came where ${totalBytes} were right.`);
      return null;
    },
    async look() {
      look();
      return null;
    },
    async peak() {
      note();
      return peak;
    },
    async crowd({ streams: count }) {
      crowd.controller.abort();
      await Promise.all(crowd.readers);
      crowd.controller = new AbortController();
      crowd.readers = Array.from({ length: count }, () => streams!.slowItems!(crowd.controller.signal));
      return null;
    },
    openLoop: ({ callsPerSecond, forMs }) =>
      openLoop({ echo: streams!.echo! } as never, { callsPerSecond, forMs, besideBytes: 0 }),
  },
  async () => {},
);
