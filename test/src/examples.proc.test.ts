import assert from "node:assert/strict";
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs an example to its end and returns what it printed. */
function run(name: string, example = "first-service"): string {
  const file = fileURLToPath(new URL(`../../examples/${example}/dist/${name}.js`, import.meta.url));
  return execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 30_000 });
}

test("what docs/errors.md shows does what it says: the caller catches the server's own class", () => {
  assert.equal(run("errors"), "tea: 2 left; failed_precondition, processed: yes\n");
});

test("what the README shows without decorators does what it says", () => {
  assert.equal(run("without-decorators"), "Hello, socket\ndeadline_exceeded processed: no\nHello, dispatcher\n");
});

test("what docs/streams.md shows does what it says", () => {
  const said = ["word 1", "word 2", "out_of_range there are 2 words", "word 1", "3", "ONE", "TWO", "deadline_exceeded"];
  assert.equal(run("streams"), `${said.join("\n")}\n`);
});

const fileOf = (path: string): string => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

/** Runs an example's server in a folder of its own, where its client finds it. */
async function serving(t: TestContext, name: string) {
  const folder = mkdtempSync(join(tmpdir(), "rpc-example-"));
  const env = { ...process.env, TMPDIR: folder };
  const server: ChildProcess = spawn(process.execPath, [fileOf(`${name}/dist/server.js`)], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = { text: "" };
  const ready = new Promise<void>((resolve) => {
    server.stdout!.setEncoding("utf8").on("data", (text: string) => {
      said.text += text;
      if (said.text.includes("is served at")) resolve();
    });
  });
  const exited = once(server, "exit");
  t.after(async () => {
    server.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true });
  });
  await Promise.race([ready, exited.then(() => assert.fail(`the server of ${name} has ended: ${said.text}`))]);
  const client = async (...args: string[]): Promise<string> => {
    const ran = await promisify(execFile)(process.execPath, [fileOf(`${name}/dist/client.js`), ...args], {
      env,
      timeout: 60_000,
    });
    return ran.stdout;
  };
  return { folder, said, client };
}

test("the ticker makes no more prices than its slow reader has room for, and hears when that leaves", async (t) => {
  const { said, client } = await serving(t, "ticker");
  const lines = (await client("ACME", "8")).trim().split("\n");
  assert.equal(lines.length, 8);
  for (const [index, line] of lines.entries())
    assert.match(line, new RegExp(`^ACME \\d+\\.\\d\\d {2}price ${index + 1}, \\d+ ms old$`));
  const left = /ACME: the reader has left, (\d+) prices were made/;
  while (!left.test(said.text)) await new Promise((resolve) => setImmediate(resolve));
  const made = Number(left.exec(said.text)?.[1]);
  assert.ok(made >= 8 && made < 20_000, `${made} prices were made for 8 that were read`);
});

test("the upload arrives whole, and its progress ends at 100 %", async (t) => {
  const { folder, client } = await serving(t, "upload");
  const path = fileURLToPath(new URL("../../package-lock.json", import.meta.url));
  const bytes = readFileSync(path);
  const said = await client(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  assert.match(said, /\[#{40}\] 100 %/);
  assert.ok(said.endsWith(`package-lock.json: ${bytes.length} bytes arrived, sha256 ${sha256}\n`), said.slice(-300));
  const [kept] = readdirSync(join(folder, "rpc-uploads"));
  assert.ok(bytes.equals(readFileSync(join(folder, "rpc-uploads", kept!))));
});

test("an old client is answered under the names that it knows", () => {
  assert.equal(run("main", "alias"), "new client: 300\nold client: 300\n");
});

test("a canary is called by whom it is for, and nobody notices when it is gone", () => {
  const lines = [
    "everybody:  0 of 100 to the canary",
    "testers:    100 of 100 to the canary",
    "one in ten: 10 of 100 to the canary",
    "without it: 0 of 100 to the canary, and nobody notices",
  ];
  assert.equal(run("main", "canary"), `${lines.join("\n")}\n`);
});

test("hello: the client finds its server and is greeted, and so is rpc call", async (t) => {
  const { folder, client } = await serving(t, "hello");
  assert.equal(await client("Ada"), "Hello, Ada!\n");
  const rpc = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
  const env = { ...process.env, TMPDIR: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [rpc, "call", "Greeter.greet", '"Ada"'], { env });
  assert.equal(stdout, '"Hello, Ada!"\n');
});

/** What an example's README says that it prints: its first block without a language. */
function printedBy(example: string): string {
  const [, said = ""] = /:\n\n```\n([\s\S]*?\n)```/.exec(readFileSync(fileOf(`${example}/README.md`), "utf8")) ?? [];
  assert.notEqual(said, "", example);
  return said;
}

test("errors: what the README says that it prints is what it prints", () => {
  assert.equal(run("main", "errors"), printedBy("errors"));
});

test("DTO classes: what the README says that it prints is what it prints", () => {
  assert.equal(run("main", "dto"), printedBy("dto"));
});

test("plain functions: handlers, a stream, an interceptor and an error without a class", () => {
  const lines = ["/Rates/convert is called", "100 EUR are 125 USD", "/Rates/countdown is called", "3", "2", "1"];
  const failed = ["/Rates/convert is called", "not_found: no rate for XYZ"];
  assert.equal(run("main", "plain-functions"), `${[...lines, ...failed].join("\n")}\n`);
});

test("deadlines: each hop has less time than the one before, and who still works is told to stop, once by the deadline, once by the caller", () => {
  const said = run("main", "deadlines");
  const [byDeadline = "", byCaller = ""] = said.split("The caller gives up after 400 ms\n");
  const names = ["Shop", "Catalogue", "Warehouse"];
  for (const [part, code] of [[byDeadline, "deadline_exceeded"] as const, [byCaller, "cancelled"] as const]) {
    const left = names.map((name) => Number(new RegExp(`^${name}: (\\d+) ms left$`, "m").exec(part)?.[1]));
    assert.ok(left[0]! > left[1]! && left[1]! > left[2]!, said);
    assert.match(part, new RegExp(`^caller: ${code} after \\d+ ms$`, "m"));
  }
  const told = (part: string, name: string): number =>
    part.match(new RegExp(`^${name}: told to stop`, "gm"))?.length ?? 0;
  for (const name of names) assert.equal(told(byCaller, name), 1, said);
  // By its own deadline, or by the hop before, which had reached its own a moment earlier.
  assert.equal(told(byDeadline, "Warehouse"), 1, said);
  // The call that the other two wait for ends in the same moment: where it is first, their handlers are over, and there is nobody to tell.
  for (const name of ["Shop", "Catalogue"]) assert.ok(told(byDeadline, name) <= 1, said);
});

test("testing: the tests of the example pass by node --test, as its README says", async () => {
  const names = ["without-a-socket", "in-memory", "in-no-time"];
  const files = names.map((name) => fileOf(`testing/dist/${name}.test.js`));
  const env = { ...process.env };
  delete env["NODE_TEST_CONTEXT"]; // or it takes itself for a part of this run
  const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter", "tap", ...files], {
    env,
  });
  assert.match(stdout, /^# pass 3$/m);
});
