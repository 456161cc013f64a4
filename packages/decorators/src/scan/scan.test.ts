import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { refusal } from "../start-up-error.fixture.js";
import { scan } from "./scan.js";

const service = new URL("../notes/service.js", import.meta.url).href;

/** The text of a module that exports a service. */
const moduleOf = (name: string, more = ""): string => `
  import { Service } from ${JSON.stringify(service)};
  export class ${name} {}
  Service(${JSON.stringify(name)})(${name});
  ${more}`;

describe("scan", () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "rpc-scan-"));
  });

  after(() => rm(root, { recursive: true }));

  /** Returns a folder with these files. */
  async function folder(files: Readonly<Record<string, string>>): Promise<URL> {
    const path = await mkdtemp(join(root, "folder-"));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(path, name, ".."), { recursive: true });
      await writeFile(join(path, name), text);
    }
    return pathToFileURL(`${path}/`);
  }

  const namesOf = async (url: URL): Promise<string[]> => (await scan(url)).map(({ name }) => name);

  test("finds every exported service of a folder and of those below it, each once", async () => {
    const found = await namesOf(
      await folder({
        "a.mjs": moduleOf(
          "Arith",
          "export { Arith as default, Arith as Again }; export const other = 5; export class Plain {}",
        ),
        "deeper/down/b.mjs": moduleOf("Orders"),
        "index.mjs": 'export { Arith } from "./a.mjs"; export { Orders } from "./deeper/down/b.mjs";',
      }),
    );
    assert.deepEqual(found, ["Arith", "Orders"]);
  });

  test("imports no tests, declarations, dependencies and hidden folders, nor a source beside what was compiled of it", async () => {
    const found = await namesOf(
      await folder({
        "a.mjs": moduleOf("Arith"),
        "a.mts": "not a module",
        "a.test.mjs": "throw new Error()",
        "a.spec.js": "throw new Error()",
        "a.d.mts": "throw new Error()",
        "a.d.ts": "throw new Error()",
        "a.json": "{}",
        "node_modules/x/index.js": "throw new Error()",
        ".cache/x.js": "throw new Error()",
      }),
    );
    assert.deepEqual(found, ["Arith"]);
  });

  test("a subclass of a service that is none itself is not served by accident", async () => {
    const found = await namesOf(await folder({ "a.mjs": moduleOf("Arith", "export class Special extends Arith {}") }));
    assert.deepEqual(found, ["Arith"]);
  });

  test("a module that cannot be imported is named, with what it threw", async () => {
    const broken = await folder({ "deeper/broken.mjs": 'throw new Error("no database")', "a.mjs": moduleOf("Arith") });
    await assert.rejects(scan(broken), refusal("SCAN_FAILED", "deeper/broken.mjs", "no database"));
    const wrong = await folder({ "wrong.mjs": "export class {" });
    await assert.rejects(scan(wrong), refusal("SCAN_FAILED", "wrong.mjs"));
  });

  test("a folder that is not there, is a file, or has no service is named", async () => {
    const empty = await folder({});
    const plain = await folder({ "a.mjs": "export class Plain {}", "b.mjs": "" });
    await assert.rejects(scan(new URL("missing/", empty)), refusal("SCAN_FAILED", "missing", "no such folder"));
    await assert.rejects(scan(new URL("a.mjs", plain)), refusal("SCAN_FAILED", "a.mjs", "a file"));
    await assert.rejects(scan(empty), refusal("SCAN_FAILED", "no module in", "compiled"));
    await assert.rejects(scan(plain), refusal("SCAN_FAILED", "none of the 2 modules", "@Service"));
  });

  test("a folder that depends on where the process was started is refused", async () => {
    await assert.rejects(
      scan("./services"),
      refusal("SCAN_FAILED", 'new URL("./services/", import.meta.url)', "./services"),
    );
    await assert.rejects(scan(new URL("http://127.0.0.1/")), refusal("SCAN_FAILED", "http://127.0.0.1/"));
    assert.equal((await scan((await folder({ "a.mjs": moduleOf("Arith") })).pathname)).length, 1);
  });
});
