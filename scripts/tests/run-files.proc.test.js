import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createReport } from "./report.js";
import { runFiles } from "./run-files.js";

/** @typedef {import("./progress.js").FileResult} FileResult */

describe("the runner of the tests", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "runner-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("counts each kind of outcome under the name of its suite", async () => {
    const [file] = await run({
      "kinds.test.mjs": `
        describe("a suite", () => {
          it("passes", () => {});
          it("fails", () => assert.equal(1, 2));
          it("is skipped", { skip: "Consul is not here" }, () => {});
          it("is to do", { todo: "later" }, () => {});
        });
        test("with a subtest", (t) => t.test("inner", () => {}));`,
    });
    assert.deepEqual(
      file?.outcomes.map(({ name, suite, result, reason }) => [name, suite ? "suite" : result, reason]),
      [
        ["a suite > passes", "pass", ""],
        ["a suite > fails", "fail", ""],
        ["a suite > is skipped", "skipped", "Consul is not here"],
        ["a suite > is to do", "todo", "later"],
        ["a suite", "suite", ""],
        ["with a subtest > inner", "pass", ""],
        ["with a subtest", "pass", ""],
      ],
    );
    assert.match(file?.outcomes[1]?.error ?? "", /1 !== 2/);
    assert.match(file?.outcomes[1]?.where ?? "", /kinds\.test\.mjs:\d+$/);
  });

  it("names a test that waits for ever, ends it, and runs the files after it", async () => {
    const files = await run(
      {
        "a.test.mjs": `describe("waiting", () => { it("never ends", () => new Promise(() => setInterval(() => {}, 1000))); });`,
        "b.test.mjs": `test("runs all the same", () => {});`,
      },
      1_000,
    );
    assert.deepEqual(failures(files), ["a.test.mjs: waiting > never ends: Nothing happened for 1 s: ended."]);
    assert.deepEqual(passes(files), ["b.test.mjs: runs all the same"]);
  });

  it("names a test that never gives the event loop back", async () => {
    const files = await run(
      { "a.test.mjs": `test("spins", () => { for (;;); });`, "b.test.mjs": `test("b", () => {});` },
      1_000,
    );
    assert.deepEqual(failures(files), ["a.test.mjs: spins: Nothing happened for 1 s: ended."]);
    assert.deepEqual(passes(files), ["b.test.mjs: b"]);
  });

  it("names a file that waits for ever at its top level", async () => {
    const files = await run({ "a.test.mjs": `setInterval(() => {}, 1000); await new Promise(() => {});` }, 1_000);
    assert.match(failures(files)[0] ?? "", /^a\.test\.mjs: a\.test\.mjs: Nothing happened for 1 s while no test ran/);
  });

  it("fails a test that waits for what can never come, and runs the files after it", async () => {
    const files = await run({
      "a.test.mjs": `test("stuck", () => new Promise(() => {}));`,
      "b.test.mjs": `test("b", () => {});`,
    });
    assert.match(failures(files)[0] ?? "", /^a\.test\.mjs: stuck: /);
    assert.deepEqual(passes(files), ["b.test.mjs: b"]);
  });

  it("fails a file that ends the process, and runs the files after it", async () => {
    const files = await run({
      "a.test.mjs": `test("leaves", () => process.exit(0));`,
      "b.test.mjs": `test("b", () => {});`,
    });
    assert.deepEqual(failures(files), ["a.test.mjs: a.test.mjs: The process ended (0) during: leaves."]);
    assert.deepEqual(passes(files), ["b.test.mjs: b"]);
  });

  it("fails a file that cannot be loaded, with the reason", async () => {
    const files = await run({ "a.test.mjs": `import "./missing.js";`, "b.test.mjs": `test("b", () => {});` });
    assert.match(failures(files)[0] ?? "", /^a\.test\.mjs: a\.test\.mjs can be loaded: .*missing\.js/);
    assert.deepEqual(passes(files), ["b.test.mjs: b"]);
  });

  const leaks = {
    "a timer": [`setInterval(() => {}, 1000);`, /open: Timeout/],
    "a server": [`net.createServer().listen(0, "127.0.0.1");`, /open: TCPServerWrap/],
    "a process warning": [`process.emitWarning("look out");`, /a process warning: .*look out/],
    "a listener for a signal": [`process.on("SIGTERM", () => {});`, /listeners for SIGTERM: 0 before, 1 after/],
    "a variable of the environment": [`process.env["LEFT"] = "1";`, /process\.env\.LEFT changed/],
    "a faked global": [`globalThis.setTimeout = () => {};`, /globalThis\.setTimeout changed/],
    "an error thrown after its end": [
      `setTimeout(() => { throw new Error("too late"); });`,
      /nobody caught: .*too late/,
    ],
    "a rejection that nobody handles": [
      `setTimeout(() => Promise.reject(new Error("nobody")));`,
      /nobody handled: .*nobody/,
    ],
  };
  for (const [what, [code, expected]] of Object.entries(leaks)) {
    it(`fails the file whose test leaves ${what} behind, and no other`, async () => {
      const files = await run({
        "a.test.mjs": `test("leaks", () => { ${code} });`,
        "b.test.mjs": `test("b", () => {});`,
      });
      const [failure, ...others] = failures(files);
      assert.match(failure ?? "", /^a\.test\.mjs: a\.test\.mjs leaves nothing behind: /);
      assert.match(failure ?? "", /** @type {RegExp} */ (expected));
      assert.ok(
        others.every((text) => /did not end after its last test/.test(text)),
        others.join("\n"),
      );
      assert.ok(passes(files).includes("b.test.mjs: b"));
    });
  }

  it("fails the file in which a test throws where nobody catches, though that test goes on to its end", async () => {
    const throwing = `setTimeout(() => { throw new Error("stray"); }); await new Promise((go) => setTimeout(go, 20));`;
    const files = await run({
      "a.test.mjs": `test("goes on", async () => { ${throwing} });`,
      "b.test.mjs": `test("b", () => {});`,
    });
    assert.match(failures(files).join("\n"), /^a\.test\.mjs: .*stray/m);
    assert.ok(passes(files).includes("b.test.mjs: b"));
  });

  it("spares tests the following of every promise, and knows what is nested all the same", async () => {
    const files = await run({
      "a.test.mjs": `describe("outer", () => describe("inner", () => test("plain promises", () =>
        assert.deepEqual(Object.getOwnPropertySymbols(Promise.resolve()), []))));`,
    });
    assert.deepEqual(failures(files), []);
    assert.equal(passes(files)[0], "a.test.mjs: outer > inner > plain promises");
  });

  it("ends and names a process that a test forgot", { timeout: 20_000 }, async () => {
    const files = await run({
      "a.test.mjs": `
        import { spawn } from "node:child_process";
        test("forgets", () => spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }).unref());`,
    });
    const text = failures(files)[0] ?? "";
    assert.match(text, /Processes were left running, and are ended now: \d+ .*setInterval/);
    const id = Number(/now: (\d+)/.exec(text)?.[1]);
    while (isRunning(id)) await delay(10);
  });

  it("keeps what a file printed for the report of that file", async () => {
    const files = await run({
      "a.test.mjs": `test("prints", () => console.log("from a"));`,
      "b.test.mjs": `test("b", () => {});`,
    });
    assert.deepEqual(
      files.map(({ output }) => output.trim()),
      ["from a", ""],
    );
  });

  it("passes a run only if tests ran and none failed or was skipped without leave", async () => {
    const verdict = async (/** @type {string} */ code, skipsFail = true) => {
      const report = createReport({ print: () => {}, showOutput: false, skipsFail });
      for (const file of await run({ "a.test.mjs": code })) report.add(file);
      return report.finish();
    };
    assert.equal(await verdict(`test("a", () => {});`), true);
    assert.equal(await verdict(``), false);
    assert.equal(await verdict(`test("a", () => { throw null; });`), false);
    assert.equal(await verdict(`test("a", () => {}); test("b", { skip: "slow" }, () => {});`), false);
    assert.equal(await verdict(`test("a", () => {}); test("b", { skip: true }, () => {});`), false);
    assert.equal(await verdict(`test("a", () => {}); test("b", { todo: true }, () => {});`), false);
    assert.equal(await verdict(`test("a", () => {}); test("b", { skip: "slow" }, () => {});`, false), true);
    assert.equal(await verdict(`test("a", () => {}); test("b", { skip: "Consul is not in Debian" }, () => {});`), true);
  });

  it("prints each failure with its place and error, and closes with the counts of node:test", async () => {
    const lines = /** @type {string[]} */ ([]);
    const report = createReport({ print: (line) => lines.push(line), showOutput: false, skipsFail: false });
    for (const file of await run({
      "a.test.mjs": `test("good", () => {}); test("bad", () => assert.equal("x", "y"));`,
    }))
      report.add(file);
    report.finish();
    const text = lines.join("\n");
    assert.match(text, /^✖ a\.test\.mjs \(2 tests, \d+ ms\)\n/);
    assert.match(text, /\n✖ bad\n {2}.*a\.test\.mjs:\d+\n {2}AssertionError(.*\n)+ +'x' !== 'y'\n/);
    assert.match(
      text,
      /\nℹ tests 2\nℹ suites 0\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\nℹ duration_ms [\d.]+$/,
    );
  });

  /** Writes the files and runs them in one process. */
  async function run(/** @type {Record<string, string>} */ sources, silenceMs = 20_000) {
    const imports = `import assert from "node:assert/strict"; import net from "node:net"; import test, { describe, it } from "node:test";\n`;
    const files = Object.entries(sources).map(([name, code]) => {
      const path = join(folder, name);
      writeFileSync(path, `${imports}void [assert, net, test, describe, it];\n${code}`);
      return { name, path, alone: false };
    });
    const results = /** @type {FileResult[]} */ ([]);
    const env = { ...process.env, NODE_V8_COVERAGE: undefined };
    await runFiles(files, { silenceMs, env, onFile: (result) => results.push(result) });
    return results;
  }
});

/** Whether the process is there; one that has ended but was not yet waited for does not count. */
function isRunning(/** @type {number} */ id) {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${id}/stat`, "utf8"));
  } catch {
    return false;
  }
}

const failures = (/** @type {readonly FileResult[]} */ files) =>
  files.flatMap(({ name, outcomes }) =>
    outcomes
      .filter(({ suite, result }) => !suite && result !== "pass")
      .map((outcome) => `${name}: ${outcome.name}: ${outcome.error}`),
  );

const passes = (/** @type {readonly FileResult[]} */ files) =>
  files.flatMap(({ name, outcomes }) =>
    outcomes.filter(({ result }) => result === "pass").map((outcome) => `${name}: ${outcome.name}`),
  );
