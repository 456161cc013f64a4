import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import test from "node:test";

/** What each script awaits last; a process that ended before it would say nothing. */
const scripts: readonly (readonly [what: string, body: string])[] = [
  [
    "a server that drains with a handler that never ends",
    `const server = await serve({ invoke: () => new Promise(() => {}), listen: "memory://a", transports, drainMs: 300 });
     const connector = connect({ address: "memory://a", transports, retry: false });
     connector.client(Any).call().catch(() => {});
     await new Promise((resolve) => setTimeout(resolve, 100));
     await server.close();
     await connector.close();`,
  ],
  [
    "a client that waits for a call to end before it closes",
    `const server = await serve({ invoke: () => new Promise(() => {}), listen: "memory://a", transports });
     const connector = connect({ address: "memory://a", transports, retry: false, timeoutMs: 400 });
     const call = connector.client(Any).call().catch(() => {});
     await new Promise((resolve) => setTimeout(resolve, 100));
     await connector.close();
     await call;`,
  ],
  [
    "a call that waits for a server that is not there",
    `const connector = connect({ address: "memory://nobody", transports, timeoutMs: 400 });
     await connector.client(Any).call().catch(() => {});
     await connector.close();`,
  ],
  [
    "a call whose server is silent",
    `const server = await serve({ invoke: () => new Promise(() => {}), listen: "memory://a", transports, drainMs: 100 });
     const connector = connect({ address: "memory://a", transports, timeoutMs: 400 });
     await connector.client(Any).call().catch(() => {});
     await connector.close();
     await server.close();`,
  ],
  [
    "a client that closes a connection whose server does not answer the end",
    `const listener = await transports.memory.listen("memory://a", (stream) => stream.pause());
     const connector = connect({ address: "memory://a", transports, timeoutMs: 300 });
     await connector.client(Any).call().catch(() => {});
     await connector.close();
     await listener.close();`,
  ],
];

for (const [what, body] of scripts) {
  test(`a process that awaits ${what} lives until that has come, and ends then`, async () => {
    assert.deepEqual(await run(`${body}\nconsole.log("awaited");`), ["awaited", 0]);
  });
}

test("a process that has closed both ends has nothing left to wait for", async () => {
  const body = `
    const server = await serve({ invoke: async () => null, listen: "memory://a", transports });
    const connector = connect({ address: "memory://a", transports });
    await connector.client(Any).call();
    await Promise.all([server.close(), connector.close()]);
    await new Promise((resolve) => setImmediate(resolve));
    console.log(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length, "timers");`;
  assert.deepEqual(await run(body), ["0 timers", 0]);
});

/** Runs a script in a process of its own. Resolves to what it said and how it ended: null where it had to be ended. */
async function run(body: string): Promise<[said: string, code: number | null]> {
  const script = `
    import { connect, defineService, memoryTransport, serve } from "@rpc/core";
    const transports = { memory: memoryTransport() };
    const Any = defineService("Any", { call: {} });
    ${body}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text: Buffer) => {
      said += text.toString();
    });
  }
  const patience = setTimeout(() => child.kill(), 20_000);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(patience);
  return [said.trim(), code];
}
