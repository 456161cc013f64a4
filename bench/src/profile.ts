import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { openGuard } from "./processes/guard.js";
import { openPair } from "./processes/open-pair.js";
import type { Side } from "./processes/requests.js";
import { runFolder } from "./processes/run-folder.js";
import { type CpuProfile, selfTimes } from "./profile/self-time.js";
import { tableLines } from "./report/table.js";
import { subjectNamed } from "./subjects/subjects.js";
import { type WorkloadName, workloads } from "./workloads/workloads.js";

/*
 * `node bench/dist/profile.js --subject core --side client`: runs one subject for some seconds with node's own
 * profiler on one side, and prints the functions with the most time of their own.
 */

const usage = `node bench/dist/profile.js --subject NAME --side client|server [options]

  --workload NAME  ${Object.keys(workloads).join(", ")}; defaults to echo
  --in-flight N    calls in flight; defaults to 64
  --seconds N      how long; defaults to 5
  --top N          how many functions to print; defaults to 30
  --against DIR    the other build, for --subject before
  --keep DIR       keep the .cpuprofile in that folder, for a browser's developer tools
`;

const samplingIntervalUs = 200;

interface Options {
  readonly subject: string;
  readonly side: Side;
  readonly workload: WorkloadName;
  readonly inFlight: number;
  readonly seconds: number;
  readonly top: number;
  readonly against: string | undefined;
  readonly keep: string | undefined;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      subject: { type: "string", default: "core" },
      side: { type: "string", default: "client" },
      workload: { type: "string", default: "echo" },
      "in-flight": { type: "string", default: "64" },
      seconds: { type: "string", default: "5" },
      top: { type: "string", default: "30" },
      against: { type: "string" },
      keep: { type: "string" },
    },
  });
  const { side, workload } = values;
  if (side !== "client" && side !== "server") throw new Error(`--side is client or server, not "${side}".`);
  if (!Object.hasOwn(workloads, workload)) throw new Error(`No workload "${workload}".`);
  const count = (name: "in-flight" | "seconds" | "top"): number => {
    const number = Number(values[name]);
    if (number > 0 && Number.isFinite(number)) return number;
    throw new Error(`--${name} wants a number above 0, not "${values[name]}".`);
  };
  return {
    subject: subjectNamed(values.subject).name,
    side,
    workload: workload as WorkloadName,
    inFlight: count("in-flight"),
    seconds: count("seconds"),
    top: count("top"),
    against: values.against,
    keep: values.keep === undefined ? undefined : resolve(values.keep),
  };
}

async function profile({ subject, side, workload, inFlight, seconds, top, against, keep }: Options): Promise<void> {
  const guard = openGuard();
  const folder = keep ?? join(runFolder(), "profiles");
  const before = await profilesIn(folder);
  try {
    const nodeOptions = {
      [side]: ["--cpu-prof", `--cpu-prof-interval=${samplingIntervalUs}`, `--cpu-prof-dir=${folder}`],
    };
    const pair = await openPair({ subject, against, nodeOptions, onChild: guard.onChild });
    await pair.client.ask("verify", { workload });
    const drive = { workload, inFlight, leadInMs: 500, forMs: seconds * 1000, withLatency: false };
    const { callsPerSecond } = await pair.client.ask("drive", drive, seconds * 1000 + 10_000);
    await pair.end();
    const [file] = (await profilesIn(folder)).filter((name) => !before.includes(name));
    if (file === undefined) throw new Error(`The ${side} process left no profile: it did not end by itself.`);
    const functions = selfTimes(JSON.parse(await readFile(join(folder, file), "utf8")) as CpuProfile);
    const rows = functions.slice(0, top).map(({ name, place, selfMs, share }) => {
      return [`${(share * 100).toFixed(1).padStart(5)} %  ${selfMs.toFixed(0).padStart(6)} ms  ${name}`, place];
    });
    process.stdout.write(
      `${subject}, ${side}, ${workload}, K = ${inFlight}: ${Math.round(callsPerSecond)} calls/s under the profiler; self time without idle\n`,
    );
    process.stdout.write(`${tableLines(rows).join("\n")}\n`);
    if (keep !== undefined) process.stdout.write(`kept: ${join(folder, file)}\n`);
  } finally {
    await guard.close();
  }
}

async function profilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.filter((name) => name.endsWith(".cpuprofile"));
}

if (process.argv.includes("--help")) {
  process.stdout.write(usage);
} else {
  try {
    await profile(readOptions(process.argv.slice(2)));
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}`);
    process.exitCode = 1;
  }
}
