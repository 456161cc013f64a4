import { parseArgs } from "node:util";
import { openGuard } from "./processes/guard.js";
import { isFlat, unexpected } from "./soak/judge.js";
import { type Growth, soak } from "./soak/soak.js";

/*
 * `npm run soak -- --minutes N`: a client and a server at work for so long, with connections that come and go, cancels,
 * timeouts, failures, restarts, large and small bodies. Exit code 1 where either process keeps something of its calls, or
 * a call ended in a way that none should.
 */

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes wants a number above 0, not "${values.minutes}".`);

const guard = openGuard();
try {
  const { onChild } = guard;
  const onProgress = (text: string): unknown => process.stderr.write(`${text}\n`);
  const { calls, tally, client, server } = await soak({ forMs: minutes * 60_000, onProgress, onChild });
  const wrong = unexpected(tally);
  const sides = Object.entries({ client, server });
  process.stdout.write(
    [
      `${calls} calls: ${Object.entries(tally)
        .sort(([, a], [, b]) => b - a)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ")}`,
      ...sides.map(([side, growth]) => `${side}: ${shown(growth)}`),
      ...wrong.map((name) => `no call should have ended so: ${name}`),
      "",
    ].join("\n"),
  );
  if (wrong.length > 0 || !sides.every(([, growth]) => isFlat(growth))) process.exitCode = 1;
} finally {
  await guard.close();
}

function shown(growth: Growth): string {
  const { bytesPerCall, firstBytes, lastBytes, looks } = growth;
  const { median, low, high } = bytesPerCall;
  const slope = `${median.toFixed(2)} bytes a call (${low.toFixed(2)}..${high.toFixed(2)})`;
  const heap = `${(firstBytes / 1_048_576).toFixed(2)} to ${(lastBytes / 1_048_576).toFixed(2)} MiB in ${looks} looks`;
  return `${isFlat(growth) ? "flat" : "NOT FLAT"}, ${slope}, ${heap}`;
}
