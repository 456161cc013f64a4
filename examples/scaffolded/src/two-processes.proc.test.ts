import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { createApp } from "@rpc/decorators";
import { OrdersService } from "./generated/orders.client.js";
import { StockService } from "./generated/stock.client.js";
import { settings } from "./settings.js";

test("an order placed in one process takes its pieces in another, and both end when they are told to", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "shop-")); // where the processes of this test, and no others, find each other
  const env = { ...process.env, RPC_FOLDER: folder };
  const processes = ["Stock", "Orders"].map((service) => startProcess(service, env));
  // Whoever is not there yet is waited for.
  const app = await createApp({ ...settings(env), connect: { waitForReady: true, timeoutMs: 60_000 }, logger: "warn" });
  t.after(async () => {
    for (const child of processes) child.kill("SIGKILL");
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const stock = app.client(StockService);
  const before = await stock.left("tea");
  await app.client(OrdersService).place({ id: "o-1", product: "tea", quantity: 3 });
  assert.equal(await stock.left("tea"), before - 3);

  for (const child of processes) {
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }
});

/** Starts this project once more, for one service. */
function startProcess(service: string, env: NodeJS.ProcessEnv): ChildProcess {
  const main = fileURLToPath(new URL("main.js", import.meta.url));
  return spawn(process.execPath, [main, service], { env, stdio: ["ignore", "ignore", "inherit"] });
}
