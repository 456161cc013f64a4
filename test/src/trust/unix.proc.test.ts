import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { unix, unixTransport } from "@rpc/core";
import { calling } from "../wire/ground/calling.js";
import { onUnix } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";

/** A path in a folder of its own, which is gone at the end. */
function place(t: TestContext, name = "a.sock"): string {
  const folder = mkdtempSync(join(tmpdir(), "rpc-unix-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

/** Leaves behind what a process leaves that is killed while it listens. */
async function killedAt(path: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await new Promise((resolve) => execFile(process.execPath, ["-e", script], resolve));
  assert.ok(existsSync(path), "the file was left behind");
}

test("the socket file of a killed process is taken over, and the file is gone when the server has closed", async (t) => {
  const path = place(t);
  await killedAt(path);
  const { address, server } = await serving(t, onUnix(), { listen: `unix://${path}` });
  assert.equal(await calling(t, onUnix(), address).probe.add(1, 2), 3);
  await server.close();
  assert.equal(existsSync(path), false);
});

test("of many that take the file over at a time one gets it, and it can be reached", async (t) => {
  const path = place(t);
  for (let round = 0; round < 10; round++) {
    await killedAt(path);
    const tries = await Promise.allSettled(
      [1, 2, 3].map(() => unix.listen(`unix://${path}`, (stream) => stream.end())),
    );
    const got = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.equal(got.length, 1, tries.map(({ status }) => status).join());
    const stream = await unix.connect(`unix://${path}`, new AbortController().signal);
    stream.on("error", () => {}).destroy();
    await got[0]!.close();
  }
});

test("the file of a process that listens is left alone: the second one does not start", async (t) => {
  const path = place(t);
  const { address } = await serving(t, onUnix(), { listen: `unix://${path}` });
  await assert.rejects(
    unix.listen(address, () => {}),
    {
      reason: "LISTEN_FAILED",
      message: /another process listens on it/,
    },
  );
  assert.equal(await calling(t, onUnix(), address).probe.add(1, 2), 3);
});

test("a file that is no socket is never removed", async (t) => {
  const path = place(t);
  writeFileSync(path, "somebody's notes");
  await assert.rejects(
    unix.listen(`unix://${path}`, () => {}),
    {
      reason: "LISTEN_FAILED",
      message: /a file that is no socket is there: remove it, or use another path/,
    },
  );
  assert.ok(existsSync(path));
});

test("only the user's own processes may connect, unless mode says otherwise", async (t) => {
  for (const [transport, mode] of [
    [unix, 0o600],
    [unixTransport({ mode: 0o660 }), 0o660],
    [unixTransport({ mode: 0o666 }), 0o666],
  ] as const) {
    const path = place(t);
    const listener = await transport.listen(`unix://${path}`, () => {});
    assert.equal(statSync(path).mode & 0o777, mode);
    await listener.close();
  }
});

test("a path that the kernel does not take is refused with its length; the longest works", async (t) => {
  const folder = place(t, "");
  const longest = join(folder, "x".repeat(107 - Buffer.byteLength(folder) - 1));
  const listener = await unix.listen(`unix://${longest}`, (stream) => stream.end());
  const stream = await unix.connect(`unix://${longest}`, new AbortController().signal);
  stream.on("error", () => {}).destroy();
  await listener.close();
  for (const attempt of [
    () => unix.listen(`unix://${longest}x`, () => {}),
    () => unix.connect(`unix://${longest}x`, new AbortController().signal),
  ]) {
    await assert.rejects(attempt(), { reason: "BAD_ADDRESS", message: /has 108 bytes, and the system takes 107/ });
  }
});

test("addresses that are no path are refused with an example", async () => {
  for (const address of ["unix://run/a.sock", "unix://", "unix:///", "unix:///a/"]) {
    await assert.rejects(
      unix.listen(address, () => {}),
      {
        reason: "BAD_ADDRESS",
        message: /write an absolute path, such as "unix:\/\/\/run\/shop\.sock"/,
      },
    );
  }
});

test("a folder that is not there, and a socket that nobody has, are said as such", async (t) => {
  const path = place(t);
  const { signal } = new AbortController();
  await assert.rejects(
    unix.listen(`unix://${path}/b.sock`, () => {}),
    { reason: "LISTEN_FAILED" },
  );
  await assert.rejects(unix.connect(`unix://${path}`, signal), {
    reason: "CONNECT_FAILED",
    message: /no such file or folder/,
  });
  await killedAt(path);
  await assert.rejects(unix.connect(`unix://${path}`, signal), {
    reason: "CONNECT_FAILED",
    message: /nobody listens there/,
  });
});
