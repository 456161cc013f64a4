import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { thisProcess, verdictOn } from "./owner.js";
import { runScript } from "./script.fixture.js";
import { withFolder } from "./temporary.fixture.js";

const isRoot = process.getuid?.() === 0;

describe("a process with a file registry", () => {
  test("ends by itself when it has closed the registry, with nothing left open", async () => {
    const { output, code } = await runScript(`
      await registry.register([entry]);
      const list = registry.watch("Prices", never)[Symbol.asyncIterator]();
      await list.next();
      const pending = list.next();
      await registry.close();
      await pending;
      await new Promise((resolve) => setImmediate(resolve));
      console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY/.test(name))));
    `);
    assert.deepEqual([output, code], ["[]", 0]);
  });

  test("ends although it holds a lease, since a server's sockets are what keeps it alive", async () => {
    const { output, code } = await runScript(`await registry.register([entry]); console.log("registered");`);
    assert.deepEqual([output, code], ["registered", 0]);
  });

  test("stays alive while it awaits a watch", async () => {
    const { output, code } = await runScript(`
      const aborting = new AbortController();
      setTimeout(() => aborting.abort(), 1_500).unref();
      for await (const list of registry.watch("Prices", aborting.signal)) console.log(list.length);
      console.log("ended");
    `);
    assert.deepEqual([output, code], ["0\nended", 0]);
  });

  test("that left without a word is taken off the list by whoever registers next", async () => {
    await withFolder(async (directory) => {
      await runScript(`await registry.register([entry]); process.exit();`, { directory });
      const { output } = await runScript(
        `
        const { readdirSync } = await import("node:fs");
        const leases = () => readdirSync(directory + "/default").filter((name) => name.endsWith(".lease")).length;
        console.log(leases());
        await registry.register([{ ...entry, id: "p-2" }]);
        console.log(leases(), (await registry.list("Prices", new AbortController().signal)).length);
      `,
        { directory },
      );
      assert.equal(output, "1\n1 1");
    });
  });

  test("that may not write to its directory is told so, and what to do", {
    skip: process.getuid === undefined,
  }, async () => {
    await withFolder(async (folder) => {
      await chmod(folder, 0o755);
      const directory = join(folder, "root");
      for (const path of [directory, join(directory, "default")]) {
        await mkdir(path);
        await chmod(path, 0o500);
        if (isRoot) await chown(path, 65_534, 65_534);
      }
      const { output } = await runScript(
        `
        if (process.getuid() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
        await registry.register([entry]).catch((error) => console.log(error.code, error.message));
      `,
        { directory },
      );
      assert.match(
        output,
        /^permission_denied cannot make folders in the registry's directory .*EACCES.*let this user read and write it/,
      );
    });
  });

  test("that has ended but was not yet taken note of by its parent is dead", {
    skip: process.platform !== "linux",
  }, async () => {
    // The shell becomes a sleep, which never asks what became of the shell's child; that ends once it has.
    const child = 'until [ "$(cat /proc/$PPID/comm)" = sleep ]; do :; done';
    const parent = spawn("sh", ["-c", `sh -c '${child}' & echo $!; exec sleep 20`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [text] = await once(parent.stdout, "data");
      const pid = Number(text);
      const fields = async () => (await readFile(`/proc/${pid}/stat`, "latin1")).split(") ")[1]!.split(" ");
      while ((await fields())[0] !== "Z") await new Promise((resolve) => setTimeout(resolve, 20));
      assert.doesNotThrow(() => process.kill(pid, 0), "it should still have its number");
      assert.equal(verdictOn({ ...thisProcess(), pid, startedAt: (await fields())[19]! }, thisProcess()), "dead");
    } finally {
      parent.kill("SIGKILL");
    }
  });
});
