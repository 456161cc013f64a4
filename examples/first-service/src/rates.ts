import { bind, connect, defineService, serve } from "@rpc/core";

interface Greeter {
  greet(name: string): string;
}

const GreeterService = defineService<Greeter>("Greeter", { greet: {} });
const server = await serve({ services: [bind(GreeterService, { greet: (name) => `Hello, ${name}` })] });
const connector = connect({ address: server.address });
const greeter = connector.client(GreeterService);

// What happened since the last look: a snapshot, then a reset.
function printRates(): void {
  const { calls, total, sinceMs } = connector.stats();
  connector.resetStats();
  const aSecond = (count: number): number => Math.round((count * 1_000) / sinceMs);
  console.log(
    `${aSecond(calls.ok)} calls/s, ${aSecond(calls.failed)} failed/s, ${calls.pending} pending,`,
    `p50 ${calls.latency.p50Ms.toFixed(2)} ms, p99 ${calls.latency.p99Ms.toFixed(2)} ms,`,
    `${aSecond(total.traffic.readBytes)} B/s read, ${total.traffic.writesPerCall.toFixed(3)} writes a call`,
  );
}

const timer = setInterval(printRates, 1_000);
const until = performance.now() + 2_500;
while (performance.now() < until) await Promise.all(Array.from({ length: 64 }, () => greeter.greet("you")));
clearInterval(timer);
await connector.close();
await server.close();
