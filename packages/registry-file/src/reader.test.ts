import assert from "node:assert/strict";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Logger, silent } from "@rpc/core";
import { leaseName, newLeaseId, patchName } from "./file-names.js";
import { encodeText, type LeaseText } from "./file-text.js";
import { createReader } from "./reader.js";
import { withFolder } from "./temporary.fixture.js";

const leaseText = (weight: number): LeaseText => ({
  owner: { pid: 7, startedAt: "1", machine: "m" },
  registeredAt: 1,
  entries: [{ service: "Prices", id: "p-1", address: "tcp://127.0.0.1:1", weight, tags: {}, inactive: false }],
});
const whole = encodeText(leaseText(1));

describe("reading the directory", () => {
  test("half a file, an empty one and garbage are no entries, and each is told once", async () => {
    await withFolder(async (folder) => {
      const warnings: string[] = [];
      const logger: Logger = { ...silent, warn: (_message, fields) => warnings.push(String(fields?.["file"])) };
      const read = createReader(folder, logger);
      const texts = [whole.slice(0, -1), "", "{}", "\0".repeat(100), whole];
      const files = texts.map((text) => ({ text, file: join(folder, leaseName(newLeaseId(), 1)) }));
      for (const { text, file } of files) await writeFile(file, text);
      for (let i = 0; i < 3; i++) {
        assert.equal((await read()).leases.length, 1);
        await writeFile(join(folder, `${newLeaseId()}.other${i}`), "");
      }
      assert.deepEqual(
        warnings.sort(),
        files
          .slice(0, -1)
          .map(({ file }) => file)
          .sort(),
      );
    });
  });

  test("files that are not ours do not matter", async () => {
    await withFolder(async (folder) => {
      for (const name of ["README", ".swp", "x.lease", `${newLeaseId()}.lease`])
        await writeFile(join(folder, name), "x");
      assert.deepEqual((await createReader(folder, silent)()).leases, []);
    });
  });

  test("of several revisions the highest counts, as a number and not as text", async () => {
    await withFolder(async (folder) => {
      const id = newLeaseId();
      for (const revision of [2, 9, 10])
        await writeFile(join(folder, leaseName(id, revision)), encodeText(leaseText(revision)));
      const { leases } = await createReader(folder, silent)();
      assert.deepEqual(
        leases.map(({ revision, entries }) => [revision, entries[0]?.weight]),
        [[10, 10]],
      );
    });
  });

  test("of several patches the last counts, and those of another revision do not", async () => {
    await withFolder(async (folder) => {
      const id = newLeaseId();
      await writeFile(join(folder, leaseName(id, 2)), whole);
      await writeFile(join(folder, patchName(id, 1, 0, 50)), encodeText({ weight: 50 }));
      await writeFile(join(folder, patchName(id, 3, 0, 60)), encodeText({ weight: 60 }));
      for (const count of [2, 9, 10])
        await writeFile(join(folder, patchName(id, 2, 0, count)), encodeText({ weight: count }));
      const [lease] = (await createReader(folder, silent)()).leases;
      assert.deepEqual([...lease!.patches], [[0, { count: 10, state: { weight: 10 } }]]);
    });
  });

  test("what has not changed is not read again", async () => {
    await withFolder(async (folder) => {
      const file = join(folder, leaseName(newLeaseId(), 1));
      await writeFile(file, whole);
      const read = createReader(folder, silent);
      const first = await read();
      assert.equal(await read(), first);
      await rm(file);
      assert.deepEqual((await read()).leases, []);
    });
  });

  test("reads that run at the same time, while others come, go and update, all see who is there throughout", async () => {
    await withFolder(async (folder) => {
      const staying = Array.from({ length: 5 }, newLeaseId);
      for (const id of staying) await writeFile(join(folder, leaseName(id, 1)), whole);
      const read = createReader(folder, silent);
      let ended = false;
      const churn = async () => {
        for (let revision = 2; revision < 60; revision++) {
          const passing = join(folder, leaseName(newLeaseId(), 1));
          await rename(await draft(folder), passing);
          for (const id of staying) {
            await rename(await draft(folder), join(folder, leaseName(id, revision)));
            await rm(join(folder, leaseName(id, revision - 2)), { force: true });
          }
          await rm(passing);
        }
        ended = true;
      };
      const look = async () => {
        for (; !ended; looks++) {
          const seen = new Set((await read()).leases.map(({ id }) => id));
          for (const id of staying) assert.ok(seen.has(id), `${id} is missing after ${looks} looks`);
        }
      };
      let looks = 0;
      await Promise.all([churn(), ...Array.from({ length: 8 }, look)]);
      assert.ok(looks > 50, `${looks}`);
    });
  });

  test("a directory that is gone is an error, not an empty list", async () => {
    await withFolder(async (folder) => {
      await assert.rejects(createReader(join(folder, "gone"), silent)(), { code: "ENOENT" });
    });
  });
});

async function draft(folder: string): Promise<string> {
  const file = join(folder, "draft");
  await writeFile(file, whole);
  return file;
}
