import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serveOrders, serveWithContract } from "./served.fixture.js";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly nodeOptions?: readonly string[];
  readonly cwd?: string;
  /** Called once, as soon as it has said something. */
  readonly onOutput?: (child: ChildProcess) => void;
}

/** Runs the built command in a process of its own. */
async function rpc(
  argv: readonly string[],
  { env = {}, stdin, nodeOptions = [], cwd, onOutput }: Options = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [...nodeOptions, main, ...argv], {
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  if (onOutput !== undefined) child.stdout.once("data", () => onOutput(child));
  if (stdin !== undefined) child.stdin.end(stdin);
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "rpc-main-"));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe("the built command", () => {
  test("finds, describes and calls a service, and ends", async (t) => {
    const { registry } = await serveOrders(t);
    const address = await serveWithContract(t);
    const env = { RPC_REGISTRY: registry };
    const order = '{"at": "1970-01-01", "lines": {}}';
    const [list, describe, call, sum, doctor, wrong] = await Promise.all([
      rpc(["list"], { env }),
      rpc(["describe", "shop.Orders", "--address", address]),
      rpc(["call", "shop.Orders.place", order, "--address", address, "--json"]),
      rpc(["call", "shop.Orders.sum"], { env, stdin: "1\n2\n" }),
      rpc(["doctor"], { env }),
      rpc(["call", "shop.Orders.plac"], { env }),
    ]);
    assert.match(list.stdout, /^shop\.Orders +\S+ +tcp:/m);
    assert.match(describe.stdout, /place\(order: Order, count\?: number\): Promise<Placed>;/);
    assert.match(call.stdout, /^\{"order":\{"at":\{"\$date":"1970/);
    assert.deepEqual(sum, { exitCode: 0, stdout: "3\n", stderr: "" });
    assert.match(doctor.stdout, /registry +file:.* answers/);
    assert.deepEqual(
      [list, describe, call, doctor].map(({ exitCode }) => exitCode),
      [0, 0, 0, 0],
    );
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.stderr, /^rpc: shop\.Orders has no method plac; did you mean place\?\n$/);
  });

  test("compares contracts", async (t) => {
    const cwd = await folder(t);
    const contract = { format: 1, services: {} };
    await writeFile(join(cwd, "a.json"), JSON.stringify(contract));
    const { exitCode, stdout } = await rpc(["check", "--contract", "a.json", "--against", "a.json"], { cwd });
    assert.deepEqual([exitCode, stdout], [0, "a.json promises the same as a.json\n"]);
  });

  test("says within some seconds that nobody answers, with exit code 3", async (t) => {
    const silent = createServer((socket) => void t.after(() => socket.destroy())).listen(0, "127.0.0.1");
    await once(silent, "listening");
    t.after(() => silent.close());
    const where = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const startedAt = performance.now();
    const targets = [
      ["--address", `tcp://${where}`],
      ["--registry", `etcd://${where}`],
      ["--registry", `redis://${where}`],
    ];
    const ran = await Promise.all(targets.map((target) => rpc(["list", ...target])));
    for (const { exitCode, stdout, stderr } of ran) {
      assert.deepEqual([exitCode, stdout], [3, ""], stderr);
      assert.match(stderr, /^rpc: [^\n]*\n$/, "one message, no stack");
    }
    assert.ok(performance.now() - startedAt < 20_000, "5 s on a machine that is not busy");
  });

  test("ends with 130 on Ctrl-C in the middle of a stream, and quietly where nobody reads on", async (t) => {
    const { address } = await serveOrders(t);
    const endless = ["call", "shop.Orders.count", "1e9", "--address", address];
    const interrupted = await rpc(endless, { onOutput: (child) => child.kill("SIGINT") });
    assert.deepEqual([interrupted.exitCode, interrupted.stderr], [130, "rpc: interrupted\n"]);
    const unread = await rpc(endless, { onOutput: (child) => child.stdout?.destroy() });
    assert.deepEqual([unread.exitCode, unread.stderr], [0, ""]);
  });

  test("takes its token from a file or the environment, and shows it nowhere", async (t) => {
    const { tokens } = await import("@rpc/core");
    const { address } = await serveOrders(t, { authenticate: tokens(["a secret"]) });
    const file = join(await folder(t), "token");
    await writeFile(file, "a secret\n");
    const good = await rpc(["list", "--address", address, "--token-file", file, "--verbose"]);
    const bad = await rpc(["list", "--address", address, "--verbose"], { env: { RPC_TOKEN: "another secret" } });
    assert.deepEqual([good.exitCode, bad.exitCode], [0, 1], bad.stderr);
    assert.doesNotMatch(good.stdout + good.stderr + bad.stdout + bad.stderr, /secret/);
  });
});

describe("rpc --help", () => {
  test("loads nothing but what lists the commands, so that it is quick", async (t) => {
    const seen = join(await folder(t), "seen");
    const hooks = `import { appendFileSync } from "node:fs";
      export async function load(url, context, next) {
        if (!url.startsWith("node:")) appendFileSync(${JSON.stringify(seen)}, url + "\\n");
        return next(url, context);
      }`;
    const register = `import { register } from "node:module"; register(${JSON.stringify(dataUrl(hooks))});`;
    const { exitCode } = await rpc(["--help"], { nodeOptions: ["--import", dataUrl(register)] });
    assert.equal(exitCode, 0);
    const loaded = (await readFile(seen, "utf8"))
      .trim()
      .split("\n")
      .filter((url) => url.startsWith("file:"));
    const here = pathToFileURL(main).href.replace(/main\.js$/, "");
    const names = loaded.map((url) => url.replace(here, "").replace(/.*\/node_modules\//, ""));
    assert.ok(names.includes("main.js") && names.includes("commands.js"), names.join());
    assert.ok(names.length <= 12, `each costs a ms: ${names.join(", ")}`);
    assert.deepEqual(
      names.filter((name) => !/^(?:json\/)?[\w-]+\.js$/.test(name) && !name.startsWith("commander/")),
      [],
    );
  });

  test("takes less than a second more than Node itself, on a busy machine", async () => {
    const spent: number[] = [];
    for (let round = 0; round < 5; round++) {
      const beganAt = performance.now();
      await new Promise((resolve) => execFile(process.execPath, ["-e", "0"], resolve));
      const between = performance.now();
      await rpc(["--help"]);
      spent.push(performance.now() - between - (between - beganAt));
    }
    assert.ok(Math.min(...spent) < 1_000, `${spent.map(Math.round).join(", ")} ms`);
  });
});

function dataUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

test("bash completes commands, options, and the values that are known", async () => {
  const complete = async (line: string): Promise<readonly string[]> => {
    // As readline does it: the words, where the cursor is, and the function that `complete` has noted.
    const script = `rpc() { ${JSON.stringify(process.execPath)} ${JSON.stringify(main)} "$@"; }
      eval "$(rpc completion bash)"
      COMP_WORDS=(${line} ${line.endsWith(" ") ? '""' : ""}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      $(complete -p rpc | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) =>
      execFile("bash", ["--norc", "-c", script], (error, out, err) =>
        error ? reject(error) : resolve({ stdout: out, stderr: err }),
      ),
    );
    assert.equal(stderr, "");
    return stdout.split("\n").filter((word) => word !== "");
  };
  const [commands, options, values, shells, files] = await Promise.all([
    complete("rpc d"),
    complete("rpc call Orders.place --time"),
    complete("rpc call Orders.place --stream "),
    complete("rpc completion "),
    complete("rpc list --ca "),
  ]);
  assert.deepEqual(commands, ["describe", "doctor"]);
  assert.deepEqual(options, ["--timeout-ms"]);
  assert.deepEqual(values, ["server", "client", "duplex"]);
  assert.deepEqual(shells?.slice(0, 2), ["bash", "zsh"]);
  assert.deepEqual(files, [], "bash itself completes names of files");
});
