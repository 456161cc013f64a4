import assert from "node:assert/strict";
import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { newLeaseId } from "./file-names.js";
import { createLiveness } from "./liveness.js";
import { type Owner, thisProcess } from "./owner.js";
import type { LeaseSeen } from "./reader.js";
import { withFolder } from "./temporary.fixture.js";

const self = thisProcess();
const elsewhere: Owner = { ...self, machine: "another" };
const gone: Owner = { ...self, pid: 2 ** 22 + 1 };

describe("liveness", () => {
  test("a lease of a dead process of this machine ends at the first sweep, whatever its heartbeat says", async () => {
    await withHeartbeats(async ({ leaseOf, sweep }) => {
      const dead = await leaseOf(gone);
      const alive = await leaseOf(self);
      assert.deepEqual(await sweep(dead, alive), { hidden: new Set([dead.id]), ended: [dead.id] });
    });
  });

  test("a lease of a living process of this machine stays although its heartbeat stands still or is gone", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, folder }) => {
      const lease = await leaseOf(self);
      await rm(join(folder, lease.id));
      for (let i = 0; i < 100; i++) assert.equal((await sweep(lease)).hidden.size, 0);
    });
  });

  test("each of many processes is looked for in four sweeps at most", async () => {
    await withHeartbeats(async ({ leaseOf, sweep }) => {
      const leases = await Promise.all(Array.from({ length: 200 }, () => leaseOf(self)));
      assert.equal((await sweep(...leases)).ended.length, 0);
      const died = leases.map((lease) => ({ ...lease, owner: gone }));
      const found = new Set<string>();
      for (let i = 0; i < 4; i++) for (const id of (await sweep(...died)).ended) found.add(id);
      assert.equal(found.size, 200);
    });
  });

  test("elsewhere a lease is hidden after three sweeps without a beat, comes back with the next one, and ends after thirty", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, beat }) => {
      const lease = await leaseOf(elsewhere);
      const shownAt = async () => !(await sweep(lease)).hidden.has(lease.id);
      assert.deepEqual([await shownAt(), await shownAt(), await shownAt(), await shownAt()], [true, true, true, false]);
      await beat(lease, Date.now());
      assert.equal(await shownAt(), true);
      for (let i = 1; i < 30; i++) assert.deepEqual((await sweep(lease)).ended, []);
      assert.deepEqual((await sweep(lease)).ended, [lease.id]);
    });
  });

  test("elsewhere a lease lives through every change of the clock, as long as it beats", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, beat }) => {
      const lease = await leaseOf(elsewhere);
      await sweep(lease);
      for (const at of [0, 4e12, 1e12, 1e12 + 1, 86_400_000]) {
        await beat(lease, at);
        for (let i = 0; i < 3; i++) assert.equal((await sweep(lease)).hidden.size, 0, `${at}`);
      }
    });
  });

  test("what a restart of the machine or container left behind is not shown to who comes later, until it moves", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, beat }) => {
      const stale = await leaseOf(elsewhere);
      await beat(stale, Date.now() - 60_000);
      assert.equal((await sweep(stale)).hidden.has(stale.id), true);
      await beat(stale, Date.now() - 59_000);
      assert.equal((await sweep(stale)).hidden.has(stale.id), false);
    });
  });

  test("a look in between counts no silence, and says what the sweeps have found", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, look }) => {
      const lease = await leaseOf(elsewhere);
      await sweep(lease);
      for (let i = 0; i < 100; i++) assert.equal((await look(lease)).hidden.size, 0);
      for (let i = 0; i < 3; i++) await sweep(lease);
      assert.equal((await look(lease)).hidden.size, 1);
    });
  });

  test("a lease elsewhere without a heartbeat is hidden", async () => {
    await withHeartbeats(async ({ leaseOf, sweep, folder }) => {
      const lease = await leaseOf(elsewhere);
      await rm(join(folder, lease.id));
      assert.equal((await sweep(lease)).hidden.size, 1);
    });
  });
});

interface Heartbeats {
  readonly folder: string;
  leaseOf(owner: Owner): Promise<LeaseSeen>;
  beat(lease: LeaseSeen, at: number): Promise<void>;
  sweep(...leases: LeaseSeen[]): ReturnType<ReturnType<typeof createLiveness>["sweep"]>;
  look(...leases: LeaseSeen[]): ReturnType<ReturnType<typeof createLiveness>["look"]>;
}

async function withHeartbeats(body: (beats: Heartbeats) => Promise<void>): Promise<void> {
  await withFolder(async (parent) => {
    const folder = join(parent, "heartbeats");
    await mkdir(folder);
    const liveness = createLiveness(folder, self);
    await body({
      folder,
      leaseOf: async (owner) => {
        const id = newLeaseId();
        await writeFile(join(folder, id), "");
        return { id, owner, revision: 1, registeredAt: 1, entries: [], patches: new Map() };
      },
      beat: ({ id }, at) => utimes(join(folder, id), at / 1_000, at / 1_000),
      sweep: (...leases) => liveness.sweep(leases),
      look: (...leases) => liveness.look(leases),
    });
  });
}
