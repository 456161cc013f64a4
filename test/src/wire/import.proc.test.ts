import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";

/** Runs a module and returns what it printed. */
function run(script: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8",
  });
}

/** Names the scripts that an import loads, as the engine sees them. */
const listing = (module: string): string => `
  import { Session } from "node:inspector";
  const urls = [];
  const session = new Session();
  session.connect();
  session.on("Debugger.scriptParsed", ({ params }) => urls.push(params.url));
  session.post("Debugger.enable");
  await import("${module}");
  console.log(JSON.stringify(urls));`;

test("importing core loads core alone: no msgpackr, no inversify, no winston, nothing of other packages", () => {
  for (const module of ["@rpc/core", "@rpc/core/interceptors"]) {
    const loaded = (JSON.parse(run(listing(module))) as string[]).filter(
      (url) => url.startsWith("file:") && !url.endsWith("]"),
    );
    assert.ok(loaded.some((url) => url.includes("/packages/core/dist/")));
    const foreign = loaded.filter((url) => url.includes("/node_modules/") || !url.includes("/packages/core/dist/"));
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      loaded.filter((url) => /\.test\.|\.fixture\.|\/testing\//.test(url)),
      [],
      "tests are not part of it",
    );
  }
});

test("importing core costs less than starting the process does", () => {
  const timed = (module: string): readonly [importMs: number, startMs: number] =>
    JSON.parse(
      run(`const startedAt = performance.now();
           await import(${JSON.stringify(module)});
           console.log(JSON.stringify([performance.now() - startedAt, performance.nodeTiming.bootstrapComplete]));`),
    );
  // The least of several: whatever else the machine does only adds to it.
  const least = (module: string) => {
    const runs = Array.from({ length: 7 }, () => timed(module));
    return [0, 1].map((which) => Math.min(...runs.map((times) => times[which]!))) as [number, number];
  };
  const [coreMs, startMs] = least("@rpc/core");
  const [nothingMs] = least("data:text/javascript,");
  const ratio = (coreMs - nothingMs) / startMs;
  assert.ok(ratio < 1, `the quickest import took ${ratio.toFixed(2)} times as long as starting Node`);
});
