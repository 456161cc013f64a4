import assert from "node:assert/strict";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Entry, RpcError } from "@rpc/core";
import { type Directory, directoryOf } from "./directory.js";
import { openLease } from "./lease.js";
import { thisMachine } from "./surroundings.js";
import { lossOf, withFolder } from "./temporary.fixture.js";

const entry: Entry = {
  service: "Prices",
  id: "p-1",
  address: "tcp://127.0.0.1:1",
  weight: 1,
  tags: {},
  inactive: false,
};
const quick = { ...thisMachine, heartbeatMs: 10 };

describe("a lease", () => {
  test("is lost when its file, its heartbeat, or a whole folder is removed, and says where", async () => {
    const removals: ((directory: Directory) => Promise<unknown>)[] = [
      async ({ path }) => rm(join(path, (await leaseFiles(path))[0]!)),
      async ({ heartbeats }) => rm(join(heartbeats, (await readdir(heartbeats))[0]!)),
      ({ heartbeats }) => rm(heartbeats, { recursive: true }),
      ({ path }) => rm(path, { recursive: true }),
      ({ root }) => rm(root, { recursive: true }),
      async ({ root }) => {
        await rm(root, { recursive: true });
        await writeFile(root, "");
      },
    ];
    for (const remove of removals) {
      await withDirectory(async (directory) => {
        let ended = false;
        const lease = await openLease(directory, [entry], quick, () => {
          ended = true;
        });
        await remove(directory);
        const reason = await lossOf(lease);
        assert.ok(reason.message.includes(directory.path), reason.message);
        assert.equal(ended, true);
        await assert.rejects(
          lease.update([entry]),
          (error) => error instanceof RpcError && error.reason === "LEASE_ENDED",
        );
        await lease.release();
      });
    }
  });

  test("that is lost leaves nothing of itself behind", async () => {
    await withDirectory(async (directory) => {
      const lease = await openLease(directory, [entry], quick, () => {});
      await rm(join(directory.heartbeats, (await readdir(directory.heartbeats))[0]!));
      await lossOf(lease);
      assert.deepEqual(await leaseFiles(directory.path), []);
      assert.deepEqual(await readdir(directory.drafts), []);
    });
  });

  test("that is lost can be taken again at once, although the directory is gone", async () => {
    await withDirectory(async (directory) => {
      const first = await openLease(directory, [entry], quick, () => {});
      await rm(directory.root, { recursive: true });
      await lossOf(first);
      const second = await openLease(directory, [entry], quick, () => {});
      assert.equal((await leaseFiles(directory.path)).length, 1);
      await second.release();
    });
  });

  test("that is updated while its folders are gone makes them again", async () => {
    await withDirectory(async (directory) => {
      const lease = await openLease(directory, [entry], { ...quick, heartbeatMs: 100_000 }, () => {});
      await rm(directory.root, { recursive: true });
      await lease.update([entry]);
      assert.equal((await leaseFiles(directory.path)).length, 1);
      await lease.release();
    });
  });

  test("leaves at most two revisions however often it is updated, and nothing once it is released", async () => {
    await withDirectory(async (directory) => {
      const lease = await openLease(directory, [entry], quick, () => {});
      for (let weight = 0; weight < 50; weight++) await lease.update([{ ...entry, weight }]);
      assert.equal((await leaseFiles(directory.path)).length, 2);
      await lease.release();
      assert.deepEqual(await leaseFiles(directory.path), []);
      assert.deepEqual(await readdir(directory.heartbeats), []);
      assert.deepEqual(await readdir(directory.drafts), []);
    });
  });

  test("is not lost by being updated while it beats", async () => {
    await withDirectory(async (directory) => {
      let lost: Error | undefined;
      const lease = await openLease(directory, [entry], { ...quick, heartbeatMs: 1 }, () => {});
      void lease.lost.then((error) => {
        lost = error;
      });
      for (let weight = 0; weight < 300; weight++) await lease.update([{ ...entry, weight }]);
      assert.equal(lost, undefined);
      await lease.release();
    });
  });

  test("with an entry that cannot be used is refused, and nothing is written", async () => {
    await withDirectory(async (directory) => {
      await assert.rejects(
        openLease(directory, [entry, { ...entry, weight: Number.NaN }], quick, () => {}),
        TypeError,
      );
      await assert.rejects(readdir(directory.path), { code: "ENOENT" });
    });
  });

  test("that cannot be written rejects with the place and what helps, and leaves nothing", async () => {
    await withDirectory(async (directory) => {
      await mkdir(directory.path, { recursive: true, mode: 0o700 });
      await writeFile(directory.drafts, "in the way");
      await assert.rejects(
        openLease(directory, [entry], quick, () => {}),
        (error) => error instanceof RpcError && error.processed === "no" && error.message.includes(directory.path),
      );
      assert.deepEqual(await readdir(directory.heartbeats), []);
    });
  });
});

async function withDirectory(body: (directory: Directory) => Promise<void>): Promise<void> {
  await withFolder((folder) => body(directoryOf(join(folder, "root"), "default")));
}

async function leaseFiles(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.endsWith(".lease"));
}
