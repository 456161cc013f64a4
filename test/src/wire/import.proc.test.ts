import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";

/** Runs a module with nothing in its environment, which may make Node start three times slower, and returns what it printed. */
function run(script: string): string {
  return execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8",
    env: {},
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

test("importing core costs less processor time than starting Node three times does", () => {
  const timed = (module: string): readonly [importUs: number, startUs: number] =>
    JSON.parse(
      run(`const sum = ({ user, system }) => user + system;
           const atStart = process.cpuUsage();
           await import(${JSON.stringify(module)});
           console.log(JSON.stringify([process.cpuUsage(atStart), atStart].map(sum)));`),
    );
  // The least of several: whatever else the machine does only adds to it.
  const least = (module: string) => {
    const runs = Array.from({ length: 7 }, () => timed(module));
    return [0, 1].map((which) => Math.min(...runs.map((times) => times[which]!))) as [number, number];
  };
  const [coreUs, startUs] = least("@rpc/core");
  const [nothingUs] = least("data:text/javascript,");
  const ratio = (coreUs - nothingUs) / startUs;
  assert.ok(ratio < 3, `the cheapest import cost ${ratio.toFixed(2)} times as much as starting Node`);
});
