import { setTimeout as pause } from "node:timers/promises";
import { createApp } from "@rpc/decorators";
import { registry } from "./registry.js";
import { Workers } from "./workers.js";

const app = await createApp({ registry: registry() });
const workers = app.client(Workers);
let running = true;
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => (running = false));

let calls = 0;
let failed = 0;
while (running) {
  const counts = new Map<number, number>();
  const until = performance.now() + 500;
  while (performance.now() < until) {
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => workers.work()));
    for (const answer of answers) {
      calls++;
      if (answer.status === "fulfilled") counts.set(answer.value, (counts.get(answer.value) ?? 0) + 1);
      else failed++;
    }
    await pause(10);
  }
  const who = [...counts].map(([pid, count]) => `${count} by ${pid}`).join(", ");
  console.log(`${who}; ${failed} failed so far`);
}
console.log(`${failed} of ${calls} failed`);
await app.stop();
