import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Endpoint } from "@rpc/core";
import { createFileRegistry, fileRegistry } from "./file-registry.js";
import { provenEntry, type Task } from "./member.fixture.js";
import { type Member, withMembers } from "./members.fixture.js";
import { thisMachine } from "./surroundings.js";
import { withFolder } from "./temporary.fixture.js";

const never = new AbortController().signal;
const holding = (directory: string): Task => ({
  directory,
  mode: "hold",
  services: ["Prices", "Stock"],
  registries: 1,
});

describe("processes that share a directory", () => {
  test("find each other, and lose sight of one within 5 s of its being killed", async () => {
    await withFolder((directory) =>
      withMembers(async (start) => {
        const registry = fileRegistry({ directory });
        const list = registry.watch("Prices", never)[Symbol.asyncIterator]();
        const members = [start(holding(directory)), start(holding(directory)), start(holding(directory))];
        await Promise.all(members.map(ready));
        await until(list, (seen) => seen.length === 3);
        const killedAt = performance.now();
        await members[1]!.kill("SIGKILL");
        const left = await until(list, (seen) => seen.length < 3);
        assert.ok(performance.now() - killedAt < 5_000, `gone after ${performance.now() - killedAt} ms`);
        assert.deepEqual(
          new Set(left.map(({ id }) => id)),
          new Set([...(await ready(members[0]!)), ...(await ready(members[2]!))]),
        );
        assert.deepEqual(await leaseFiles(directory, 2), 2);
        await registry.close();
      }),
    );
  });

  test("never show half an entry, and leave nothing, however many are killed at whatever moment", async () => {
    await withFolder((directory) =>
      withMembers(async (start) => {
        const warnings: unknown[] = [];
        const logger = { debug() {}, info() {}, error() {}, warn: (...all: unknown[]) => warnings.push(all) };
        const registry = createFileRegistry({ directory, logger }, { ...thisMachine, sweepMs: 150 });
        const watching = new AbortController();
        let looks = 0;
        const watched = (async () => {
          for await (const list of registry.watch("Prices", watching.signal)) looks += checkWhole(list);
        })();
        const churning: Task = { directory, mode: "churn", services: ["Prices", "Stock"], registries: 2 };
        const livesMs = 4 * (await msUntilReady(start(holding(directory))));
        let kills = 0;
        await Promise.all(
          Array.from({ length: 4 }, async () => {
            while (kills < 40 || (looks <= 100 && kills < 400)) {
              const member = start(churning);
              await once(member.process, "spawn");
              await wait(Math.random() * livesMs);
              await member.kill("SIGKILL");
              kills++;
              looks += checkWhole(await registry.list("Prices", never));
            }
          }),
        );
        await until(registry.watch("Prices", never)[Symbol.asyncIterator](), (seen) => seen.length === 0);
        assert.deepEqual(await registry.list("Stock", never), []);
        assert.ok(looks > 100, `only ${looks} entries were looked at`);
        assert.deepEqual(warnings, []);
        assert.equal(await leaseFiles(directory, 0), 0);
        for (const folder of ["heartbeats", "drafts"]) await emptied(join(directory, "default", folder));
        watching.abort();
        await watched;
        await registry.close();
      }),
    );
  });

  test("a stopped process comes back by itself", async () => {
    await withFolder((directory) =>
      withMembers(async (start) => {
        // As a container would see it: only by the heartbeat.
        const elsewhere = {
          ...thisMachine,
          sweepMs: 300,
          owner: () => ({ ...thisMachine.owner(), machine: "another" }),
        };
        const registry = createFileRegistry({ directory }, elsewhere);
        const near = fileRegistry({ directory });
        const list = registry.watch("Prices", never)[Symbol.asyncIterator]();
        const member = start(holding(directory));
        await ready(member);
        await until(list, (seen) => seen.length === 1);
        await member.kill("SIGSTOP");
        await until(list, (seen) => seen.length === 0);
        assert.equal((await near.list("Prices", never)).length, 1, "on its own machine a stopped process stays listed");
        await member.kill("SIGCONT");
        await until(list, (seen) => seen.length === 1);
        assert.deepEqual(
          member.told.filter(({ kind }) => kind === "lost"),
          [],
        );
        // Long enough for others to remove its files: its lease is lost, and it registers again.
        await member.kill("SIGSTOP");
        await until(list, (seen) => seen.length === 0);
        assert.equal(await leaseFiles(directory, 0), 0);
        await member.kill("SIGCONT");
        await member.until(({ kind }) => kind === "lost");
        await until(list, (seen) => seen.length === 1);
        await registry.close();
        await near.close();
      }),
    );
  });

  test("a process whose directory is removed learns it, and stands there again once it registers again", async () => {
    await withFolder((directory) =>
      withMembers(async (start) => {
        const member = start(holding(directory));
        await ready(member);
        await rm(join(directory, "default"), { recursive: true });
        const lost = await member.until(({ kind }) => kind === "lost");
        assert.ok(lost.kind === "lost" && lost.reason.includes(directory), JSON.stringify(lost));
        const registry = fileRegistry({ directory });
        await until(registry.watch("Prices", never)[Symbol.asyncIterator](), (seen) => seen.length === 1);
        await registry.close();
      }),
    );
  });

  test("twenty processes with five registries each, all watching, agree on a hundred instances", async () => {
    await crowd({ processes: 20, registries: 5 });
  });

  // Two minutes on two cores: RPC_LONG=1 runs it.
  if (process.env["RPC_LONG"]) {
    test("a hundred processes agree, and cost next to nothing while nothing changes", async () => {
      await crowd({ processes: 100, registries: 1, idleMs: 60_000 });
    });
  }
});

/**
 * Starts processes that all register and watch, waits until each sees all, kills half, and waits until each of the
 * rest sees the rest.
 */
async function crowd(size: { processes: number; registries: number; idleMs?: number }): Promise<void> {
  await withFolder((directory) =>
    withMembers(async (start) => {
      const total = size.processes * size.registries;
      const startedAt = performance.now();
      const task: Task = { directory, mode: "hold", services: ["Prices"], registries: size.registries, watch: true };
      const members = Array.from({ length: size.processes }, () => start(task));
      const sees = (count: number) => (member: Member) =>
        member.until((told) => told.kind === "seen" && told.count === count);
      await Promise.all(members.map(sees(total)));
      const metAt = performance.now();
      if (size.idleMs !== undefined) await measureIdle(members, size.idleMs);
      const dying = members.splice(0, size.processes / 2);
      const killedAt = performance.now();
      await Promise.all(dying.map((member) => member.kill("SIGKILL")));
      await Promise.all(members.map(sees(total - dying.length * size.registries)));
      const tookMs = performance.now() - killedAt;
      console.log(
        `${size.processes} processes: all met after ${Math.round(metAt - startedAt)} ms, half of them gone after ${Math.round(tookMs)} ms`,
      );
      assert.ok(tookMs < 5_000, `gone after ${tookMs} ms`);
    }),
  );
}

async function measureIdle(members: readonly Member[], idleMs: number): Promise<void> {
  const { readFile } = await import("node:fs/promises");
  const ticks = async () => {
    const spent = await Promise.all(
      members.map(async ({ process }) => {
        const fields = (await readFile(`/proc/${process.pid}/stat`, "latin1")).split(") ")[1]!.split(" ");
        return Number(fields[11]) + Number(fields[12]);
      }),
    );
    return spent.reduce((sum, one) => sum + one, 0);
  };
  await wait(5_000);
  const before = await ticks();
  await wait(idleMs);
  const spentMs = ((await ticks()) - before) * 10;
  const each = spentMs / members.length / (idleMs / 60_000);
  console.log(`${members.length} idle processes spend ${Math.round(each)} ms of CPU a minute each`);
  assert.ok(each < 300, `${each} ms a minute`);
}

/** Kills the member once it is ready; resolves to how long it took to get there. */
async function msUntilReady(member: Member): Promise<number> {
  const startedAt = performance.now();
  await ready(member);
  const tookMs = performance.now() - startedAt;
  await member.kill("SIGKILL");
  return tookMs;
}

async function ready(member: Member): Promise<readonly string[]> {
  const told = await member.until(({ kind }) => kind === "ready");
  return told.kind === "ready" ? told.ids : [];
}

/** Returns how many entries there were, having checked that each is one that a member wrote. */
function checkWhole(list: readonly Endpoint[]): number {
  for (const { id, weight, tags } of list) assert.deepEqual(tags, provenEntry("Prices", id, weight).tags);
  return list.length;
}

async function until(
  list: AsyncIterator<readonly Endpoint[]>,
  wanted: (seen: readonly Endpoint[]) => boolean,
): Promise<readonly Endpoint[]> {
  for (;;) {
    const { done, value } = await list.next();
    assert.ok(!done, "the watch ended");
    if (wanted(value)) return value;
  }
}

/** Waits until no more than `most` leases have files, and returns how many have. */
async function leaseFiles(directory: string, most: number): Promise<number> {
  for (;;) {
    const names = await readdir(join(directory, "default"));
    const leases = new Set(names.filter((name) => /\.(lease|patch)$/.test(name)).map((name) => name.slice(0, 24)));
    if (leases.size <= most) return leases.size;
    await wait(50);
  }
}

async function emptied(folder: string): Promise<void> {
  while ((await readdir(folder)).length > 0) await wait(50);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
