/** What `--cpu-prof` writes, as far as it is read here: a tree of call frames, and which of them was on top at each sample. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Span before each sample, in µs. */
  readonly timeDeltas: readonly number[];
}

/** A function and how long it was itself on top of the stack. */
export interface SelfTime {
  readonly name: string;
  /** File and line of the function; empty for what is not JavaScript. */
  readonly place: string;
  readonly selfMs: number;
  /** Share of the time in which the process was not idle. */
  readonly share: number;
}

const idle = "(idle)";

/** Returns the functions of a profile by their own time, the longest first. Idle time is left out, also of the shares. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const functionOf = new Map<number, { name: string; place: string; selfUs: number }>();
  const functions = new Map<string, { name: string; place: string; selfUs: number }>();
  for (const { id, callFrame } of nodes) {
    const place = callFrame.url === "" ? "" : `${shortUrl(callFrame.url)}:${callFrame.lineNumber + 1}`;
    const name = callFrame.functionName || "(anonymous)";
    const key = `${name} ${place}`;
    const known = functions.get(key) ?? { name, place, selfUs: 0 };
    functions.set(key, known);
    functionOf.set(id, known);
  }
  // A sample's node holds from that sample to the next, and the next one's delta is how long that was.
  samples.forEach((id, index) => {
    const known = functionOf.get(id);
    if (known !== undefined) known.selfUs += Math.max(0, timeDeltas[index + 1] ?? 0);
  });
  const busy = [...functions.values()].filter(({ name }) => name !== idle);
  const busyUs = busy.reduce((sum, { selfUs }) => sum + selfUs, 0);
  return busy
    .map(({ name, place, selfUs }) => ({
      name,
      place,
      selfMs: selfUs / 1000,
      share: busyUs === 0 ? 0 : selfUs / busyUs,
    }))
    .sort((a, b) => b.selfMs - a.selfMs);
}

/** Returns the last part of a path that tells where a function is: from the package's or module's name on. */
function shortUrl(url: string): string {
  const inModules = url.lastIndexOf("/node_modules/");
  if (inModules >= 0) return url.slice(inModules + "/node_modules/".length);
  const inTree = /\/((?:packages\/[^/]+|bench|examples\/[^/]+)\/dist\/.*)$/.exec(url);
  return inTree?.[1] ?? url;
}
