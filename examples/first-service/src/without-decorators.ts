import { bind, connect, createClient, createDispatcher, defineService, RpcError, serve, withOptions } from "@rpc/core";

interface Greeter {
  greet(name: string): string;
}

const GreeterService = defineService<Greeter>("Greeter", { greet: { idempotent: true } });
const greeter = bind(GreeterService, { greet: (name) => `Hello, ${name}` });

// Over a socket.
const server = await serve({ services: [greeter], listen: "tcp://127.0.0.1:0" });
const connector = connect({ address: server.address });
const remote = connector.client(GreeterService);
console.log(await remote.greet("socket"));

// Options of one call: a small object, no second client.
try {
  await withOptions(remote, { timeoutMs: 0 }).greet("nobody");
} catch (error) {
  if (error instanceof RpcError) console.log(error.code, "processed:", error.processed);
}
await connector.close();
await server.close();

// In a test: the same client, no socket.
const local = createClient(GreeterService, createDispatcher([greeter]).invoke);
console.log(await local.greet("dispatcher"));
