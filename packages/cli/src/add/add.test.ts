import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { rpc } from "../io.fixture.js";
import { changeFiles } from "./change-files.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

describe("rpc add service", () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "rpc-add-"));
    await cp(join(root, "examples/scaffolded"), cwd, {
      recursive: true,
      filter: (path) => !/\/(?:dist|node_modules|tsconfig\.workspace\.json)$/.test(path),
    });
    await mkdir(join(cwd, "node_modules"));
    for (const name of ["@rpc", "@types"])
      await symlink(join(root, "node_modules", name), join(cwd, "node_modules", name));
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  const read = (path: string): Promise<string> => readFile(join(cwd, path), "utf8");

  test("writes class, test, manifest and client, and serves it", async () => {
    const { exitCode, stdout, stderr } = await rpc(["add", "service", "OrderItems"], {
      cwd: join(cwd, "src/services"),
    });
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.equal(
      stdout,
      `Added OrderItems:

  new      src/services/order-items.ts
  new      src/services/order-items.test.ts
  new      k8s/orderitems.yaml
  changed  src/main.ts
  client   src/generated/order-items.client.ts
  client   src/generated/contract.json
`,
    );
    assert.match(await read("src/services/order-items.ts"), /^@Service\("OrderItems"\)\nexport class OrderItems \{$/m);
    assert.match(await read("src/services/order-items.test.ts"), /"\.\.\/generated\/order-items\.client\.js"/);
    assert.match(await read("src/generated/order-items.client.ts"), /^export const OrderItemsService\b/m);
    assert.match(await read("src/main.ts"), /^ {2}OrderItems,$/m);
    assert.match(await read("k8s/orderitems.yaml"), /shop-token/);
  });

  test("refuses a service that is there, and a name that none can have, and changes nothing", async () => {
    const before = await textsIn(cwd);
    for (const [name, why] of [
      ["Orders", /src\/services\/orders\.ts exists: nothing was changed/],
      ["ORDERS", /src\/services\/orders\.ts exists/],
      ["orders", /classes begin with a capital: Orders/],
      ["Order-Items", /letters and digits/],
    ] as const) {
      const { exitCode, stdout, stderr } = await rpc(["add", "service", name], { cwd });
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, why);
    }
    assert.deepEqual(await textsIn(cwd), before);
  });

  test("says what it would write, and writes nothing", async () => {
    const before = await textsIn(cwd);
    const { stdout } = await rpc(["--json", "add", "service", "Invoices", "--dry-run"], { cwd });
    const { made, changed, generated, dryRun } = JSON.parse(stdout);
    assert.deepEqual(made, ["src/services/invoices.ts", "src/services/invoices.test.ts", "k8s/invoices.yaml"]);
    assert.deepEqual([changed, generated, dryRun], [["src/main.ts"], [], true]);
    assert.deepEqual(await textsIn(cwd), before);
  });

  test("says what to add by hand where the entry file is somebody's own, exits with 1, and does the rest", async () => {
    const own = (await read("src/main.ts")).replace("const services = {", "const mine = {");
    await writeFile(join(cwd, "src/main.ts"), own);
    const insecure = (await read("k8s/stock.yaml")).replace(
      "RPC_TLS_FOLDER, value: /etc",
      'RPC_INSECURE, value: "true',
    );
    await writeFile(join(cwd, "k8s/stock.yaml"), insecure);
    const { exitCode, stdout } = await rpc(["add", "service", "Invoices"], { cwd });
    assert.equal(exitCode, 1);
    assert.match(
      stdout,
      /by hand:\n\n {2}import \{ Invoices \} from "\.\/services\/invoices\.js";\n {2}const services/,
    );
    assert.equal(await read("src/main.ts"), own);
    assert.match(await read("src/generated/invoices.client.ts"), /InvoicesService/);
    assert.match(await read("k8s/invoices.yaml"), /RPC_INSECURE/); // as the project's other pods
  });

  test("writes no manifest where the project has none", async () => {
    await rm(join(cwd, "k8s"), { recursive: true });
    const { made } = JSON.parse((await rpc(["--json", "add", "service", "Returns", "--dry-run"], { cwd })).stdout);
    assert.deepEqual(made, ["src/services/returns.ts", "src/services/returns.test.ts"]);
  });

  test("puts everything back where clients cannot be generated, and names the place", async () => {
    const broken = (await read("src/services/stock.ts")).replace("left(product: string)", "left<T>(product: T)");
    await writeFile(join(cwd, "src/services/stock.ts"), broken);
    const before = await textsIn(cwd);
    const { exitCode, stdout, stderr } = await rpc(["add", "service", "Invoices"], { cwd });
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /nothing was changed\. Mend this first:\nsrc\/services\/stock\.ts:\d+:\d+ /);
    assert.deepEqual(await textsIn(cwd), before);
  });

  test("puts everything back after Ctrl-C, and takes nobody's file", async () => {
    const before = await textsIn(cwd);
    const interrupt = new AbortController();
    const made = new Map([["src/a.ts", "a"]]);
    const replaced = new Map([["src/main.ts", { before: await read("src/main.ts"), after: "" }]]);
    const pressed = changeFiles(cwd, { made, replaced }, interrupt.signal, async () => {
      assert.deepEqual([await read("src/a.ts"), await read("src/main.ts")], ["a", ""]);
      interrupt.abort(new Error("interrupted"));
    });
    await assert.rejects(pressed, /interrupted/);
    assert.deepEqual(await textsIn(cwd), before);
    const taken = new Map([...made, ["src/ready.ts", "mine"]]);
    const never = new AbortController().signal;
    const failed = changeFiles(cwd, { made: taken, replaced: new Map() }, never, async () => {});
    await assert.rejects(failed, /src\/ready\.ts exists: nothing was changed/);
    assert.deepEqual(await textsIn(cwd), before);
  });

  test("says so where there is no project", async () => {
    await mkdir(join(cwd, "elsewhere"));
    await writeFile(join(cwd, "elsewhere/package.json"), '{ "name": "other" }');
    const other = await rpc(["add", "service", "Invoices"], { cwd: join(cwd, "elsewhere") });
    assert.deepEqual(
      [other.exitCode, other.stderr],
      [2, "rpc: . has no src/services: this adds to projects as rpc new makes them\n"],
    );
    await writeFile(join(cwd, "elsewhere/package.json"), "{");
    assert.match((await rpc(["add", "service", "Invoices"], { cwd: join(cwd, "elsewhere") })).stderr, /is no JSON/);
    const nowhere = await rpc(["add", "service", "Invoices"], { cwd: "/" });
    assert.deepEqual(
      [nowhere.exitCode, nowhere.stderr],
      [2, "rpc: there is no package.json in /, or above: run it in a project\n"],
    );
    assert.equal((await rpc(["add", "client", "Invoices"], { cwd })).exitCode, 2);
  });
});

/** The files of a project by their texts. */
async function textsIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const texts = await Promise.all(paths.sort().map(async (path) => [path, await readFile(path, "utf8")] as const));
  return Object.fromEntries(texts);
}
