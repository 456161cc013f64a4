import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileRegistry } from "./file-registry.js";
import { canUnshare, runScript } from "./script.fixture.js";
import { withFolder } from "./temporary.fixture.js";

describe("on a machine at its limits, or with containers", () => {
  const user = ["-Ur"];
  test("without a watch left to give, changes are still seen within 250 ms", {
    skip: !canUnshare(...user),
  }, async () => {
    const none = ["unshare", ...user, "sh", "-c", 'echo 0 > /proc/sys/user/max_inotify_instances; exec "$@"', "sh"];
    const { output } = await runScript(
      `
      const { watch } = await import("node:fs");
      let refused;
      try { watch(directory).on("error", (error) => { refused = error.code; }).close(); } catch (error) { refused = error.code; }
      const other = fileRegistry({ directory });
      const list = other.watch("Prices", never)[Symbol.asyncIterator]();
      await list.next();
      const lease = await registry.register([{ ...entry, weight: 0 }]);
      await list.next();
      const tookMs = [];
      for (let weight = 1; weight < 10; weight++) {
        await lease.update([{ ...entry, weight }]);
        const from = performance.now();
        while ((await list.next()).value[0].weight !== weight);
        tookMs.push(performance.now() - from);
      }
      await Promise.all([registry.close(), other.close()]);
      console.log(JSON.stringify({ refused, medianMs: tookMs.sort((a, b) => a - b)[4] }));
    `,
      { under: none },
    );
    const { refused, medianMs } = JSON.parse(output) as { refused: string; medianMs: number };
    assert.equal(refused, "EMFILE");
    assert.ok(medianMs < 250, output);
  });

  const mounts = ["-Urm"];
  test("with a full disk, each call says so, what stood there stays, and all is well once there is room", {
    skip: !canUnshare(...mounts),
  }, async () => {
    await withFolder(async (folder) => {
      const small = [
        "unshare",
        ...mounts,
        "sh",
        "-c",
        `mount -t tmpfs -o size=16k,mode=700 none ${folder}; exec "$@"`,
        "sh",
      ];
      const { output } = await runScript(
        `
        const { writeFileSync, rmSync, readdirSync } = await import("node:fs");
        const lease = await registry.register([entry]);
        const fill = () => { for (let i = 0; ; i++) writeFileSync(directory + "/fill" + i, "x".repeat(4096)); };
        try { fill(); } catch (error) { console.log(error.code); }
        const told = (error) => console.log(error.code, error.message.includes(directory));
        await lease.update([{ ...entry, weight: 2 }]).catch(told);
        await registry.setState("Prices", "p-1", { weight: 3 }).catch(told);
        await registry.register([{ ...entry, id: "p-2" }]).catch(told);
        const weights = async () => (await registry.list("Prices", never)).map(({ weight }) => weight).join();
        console.log(await weights());
        for (const name of readdirSync(directory)) if (name.startsWith("fill")) rmSync(directory + "/" + name);
        await lease.update([{ ...entry, weight: 4 }]);
        console.log(await weights());
        await registry.close();
        console.log(["", "drafts", "heartbeats"].flatMap((name) => readdirSync(directory + "/default/" + name)).join());
      `,
        { directory: folder, under: small },
      );
      const refused = "resource_exhausted true";
      assert.deepEqual(output.split("\n"), ["ENOSPC", refused, refused, refused, "1", "4", "drafts,heartbeats"]);
    });
  });

  const container = ["-Urpf", "--mount-proc", "--kill-child"];
  test("processes in a container and outside see each other, and one that is killed goes within 5 s", {
    skip: !canUnshare(...container),
  }, async () => {
    await withFolder(async (folder) => {
      const directory = join(folder, "root");
      await mkdir(directory, { mode: 0o700 });
      const registry = fileRegistry({ directory });
      await registry.register([
        { service: "Prices", id: "outside", address: "tcp://127.0.0.1:1", weight: 1, tags: {}, inactive: false },
      ]);
      const list = registry.watch("Prices", new AbortController().signal);
      const script = `
        import { fileRegistry } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
        const registry = fileRegistry({ directory: ${JSON.stringify(directory)} });
        for await (const list of registry.watch("Prices", new AbortController().signal)) if (list.length === 1) break;
        await registry.register([{ service: "Prices", id: "inside", address: "tcp://127.0.0.1:1", weight: 1, tags: {}, inactive: false }]);
        setTimeout(() => {}, 60_000);
      `;
      const inside = spawn("unshare", [...container, process.execPath, "--input-type=module", "--eval", script], {
        stdio: "inherit",
      });
      const exited = once(inside, "exit");
      let killedAt = 0;
      try {
        for await (const seen of list) {
          if (seen.length === 2) {
            // Long enough for its heartbeat to be what keeps it there.
            await new Promise((resolve) => setTimeout(resolve, 5_000));
            assert.equal((await registry.list("Prices", new AbortController().signal)).length, 2);
            killedAt = performance.now();
            inside.kill("SIGKILL");
          } else if (killedAt > 0) break;
        }
        assert.ok(performance.now() - killedAt < 5_000, `gone after ${performance.now() - killedAt} ms`);
      } finally {
        inside.kill("SIGKILL");
        await exited;
        await registry.close();
      }
    });
  });
});
