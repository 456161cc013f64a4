import { type Balancer, connect, RpcError } from "@rpc/core";
import { WorkService } from "./server.fixture.js";

/** What a client process says when its calls have settled: failures, and how often its list of servers was made anew. */
export interface ClientSays {
  readonly failed: readonly string[];
  readonly suspected: number;
}

const address = process.env["RPC_TEST_CLIENT"];
if (address !== undefined) await run(address);

/** Makes calls that are answered after a while, and one more when those have settled. */
async function run(address: string): Promise<void> {
  let lists = 0;
  const counting: Balancer = () => (ready) => {
    lists++;
    return () => ready[0]!;
  };
  const endpoint = { id: "only", address, weight: 1, tags: {}, inactive: false };
  const refuse = (): never => {
    throw new Error("nothing is registered here");
  };
  const registry = {
    register: refuse,
    setState: refuse,
    services: refuse,
    list: async () => [endpoint],
    close: async () => {},
    async *watch(_service: string, signal: AbortSignal) {
      yield [endpoint];
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const connector = connect({ registry, balancer: counting, timeoutMs: 2_000, retry: false });
  const work = connector.client(WorkService);
  const failed: string[] = [];
  const note = (thrown: unknown): void => {
    failed.push(thrown instanceof RpcError ? `${thrown.code}/${thrown.reason}` : String(thrown));
  };
  await work.again(0);
  const before = lists;
  await Promise.all(Array.from({ length: 64 }, () => work.after(500).catch(note)));
  await work.again(0).catch(note);
  const says: ClientSays = { failed, suspected: lists - before };
  process.send?.(says);
  await connector.close();
  process.disconnect();
}
