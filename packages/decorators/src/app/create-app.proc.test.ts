import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { fileRegistry } from "@rpc/registry-file";
import { createApp } from "./create-app.js";
import { Slow } from "./slow.fixture.js";

const run = promisify(execFile);
const packageFolder = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("./process.fixture.js", import.meta.url));

describe("a process with an app", () => {
  let directory: string;
  const children: ChildProcess[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "rpc-app-"));
  });

  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(directory, { recursive: true });
  });

  /** Starts the program; `said` resolves to the next line that has the text in it. */
  function start() {
    const child = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let log = "";
    child.stderr.on("data", (text) => {
      log += String(text);
    });
    const said = async (text: string): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`the process ended without saying "${text}": ${log}`);
        if (String(value).includes(text)) return String(value);
      }
    };
    return { child, said, log: () => log, ended: once(child, "exit") };
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`${signal} lets the call that runs finish, takes the process off the list and ends it with 0`, async () => {
      const server = start();
      await server.said("listening at tcp://127.0.0.1:");
      const registry = fileRegistry({ directory });
      const client = await createApp({ registry, logger: false, signals: false });
      const answer = client.client(Slow).run(300);
      await server.said("running");
      server.child.kill(signal);
      assert.equal(await answer, "done");
      assert.deepEqual(await server.ended, [0, null], server.log());
      assert.deepEqual(await registry.list("Slow", new AbortController().signal), []);
      assert.match(server.log(), new RegExp(`"message":"${signal}: the app drains"`));
      await client.stop();
    });
  }

  test("a process whose start fails ends with 1 and says why, since nothing is left open", async () => {
    const server = start();
    const listening = await server.said("listening at ");
    const address = listening.slice(listening.indexOf("tcp://"));
    const code = `
      import { createApp } from ${JSON.stringify(new URL("./create-app.js", import.meta.url).href)};
      import { Slow } from ${JSON.stringify(new URL("./slow.fixture.js", import.meta.url).href)};
      const app = await createApp({ services: [Slow], listen: ${JSON.stringify(address)}, logger: false });
      await app.start();`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(child);
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += String(text);
    });
    assert.deepEqual(await once(child, "exit"), [1, null]);
    assert.match(errors, /the port is taken/);
    server.child.kill("SIGTERM");
    assert.deepEqual(await server.ended, [0, null], server.log());
  });

  test("what fails while a signal stops the app is logged, and the process ends with 1", async () => {
    const code = `
      import { preDestroy } from "inversify";
      import { createApp } from ${JSON.stringify(new URL("./create-app.js", import.meta.url).href)};
      class Store { close() { throw new Error("the disk is full"); } }
      preDestroy()(Store.prototype, "close", {});
      const app = await createApp({ clients: [Store] });
      await app.start();
      const busy = setInterval(() => {}, 1_000);
      process.once("beforeExit", () => console.log("ended by itself"));
      process.kill(process.pid, "SIGTERM");
      process.once("SIGTERM", () => clearInterval(busy));`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], { cwd: packageFolder });
    children.push(child);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
    assert.deepEqual(await once(child, "exit"), [1, null]);
    assert.match(said, /ended by itself/);
    assert.match(said, /the disk is full.*the app did not stop as it should/);
  });

  test("the README's example prints what it says, and ends", async () => {
    const example = fileURLToPath(new URL("../readme.fixture.js", import.meta.url));
    const { stdout } = await run(process.execPath, [example], { env: { ...process.env, TMPDIR: directory } });
    assert.equal(stdout, "o-1: 3 pieces\n");
  });

  test("importing the package loads neither winston nor class-transformer: both wait until they are needed", async () => {
    const code = `
      import { createRequire } from "node:module";
      import { createApp } from ${JSON.stringify(new URL("../index.js", import.meta.url).href)};
      const { cache } = createRequire(import.meta.url);
      const loaded = () => ["winston", "class-transformer"].filter((name) => Object.keys(cache).some((path) => path.includes("/node_modules/" + name + "/")));
      const atImport = loaded();
      const app = await createApp({ logger: false });
      await app.stop();
      console.log(JSON.stringify([atImport, loaded()]));`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code]);
    assert.deepEqual(JSON.parse(stdout), [[], ["class-transformer"]]);
  });
});
