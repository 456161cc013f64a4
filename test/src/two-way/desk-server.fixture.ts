import { bind, createClient, currentCall, type Peer, RpcError, serve } from "@rpc/core";
import { fileRegistry } from "@rpc/registry-file";
import { DeskService, PhoneService } from "./desk.js";

/** What a desk in a process of its own says: that it is there, and at its end what became of its calls of its peers. */
export type DeskSays =
  | { readonly id: string }
  | { readonly rung: number; readonly failed: Readonly<Record<string, number>> };

/** So long that no call is turned away where the machine is busy with other things: overload has tests of its own. */
const timeoutMs = 60_000;
const directory = process.env["RPC_TEST_DESK"];
if (directory !== undefined) await run(directory);

/** Answers, asks back, and rings each peer all the time, for as long as the peer takes new calls. */
async function run(directory: string): Promise<void> {
  let rung = 0;
  const failed: Record<string, number> = {};
  const loops = new Set<Promise<void>>();
  const ringAllTheTime = async (peer: Peer): Promise<void> => {
    const phone = createClient(PhoneService, peer.invoke, { timeoutMs });
    for (let before = 0; peer.ready; before++) {
      try {
        await Promise.all([phone.ring("one"), phone.ring("two"), phone.down(2)]);
        rung += 3;
      } catch (thrown) {
        const what =
          thrown instanceof RpcError
            ? `${thrown.code}/${thrown.reason} ${thrown.processed}: ${thrown.message}`
            : String(thrown);
        // Who gave up dialling at the last moment was ready for this side alone, and is told of nothing.
        if (before === 0 && thrown instanceof RpcError && thrown.processed === "no" && !peer.ready) return;
        failed[what] = (failed[what] ?? 0) + 1;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const phone = () => createClient(PhoneService, currentCall().peer!.invoke, { timeoutMs });
  // Its caller is told no more than that a call failed: the test's output says how.
  const said = (thrown: unknown): never => {
    console.error(String(thrown));
    throw thrown;
  };
  const registry = fileRegistry({ directory });
  const server = await serve({
    services: [
      bind(DeskService, {
        add: (a, b) => a + b,
        ask: async (question) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return phone().ring(question).catch(said);
        },
        down: (depth) =>
          depth === 0
            ? 0
            : phone()
                .down(depth - 1)
                .catch(said),
        hang: () => "",
      }),
    ],
    listen: "tcp://127.0.0.1:0",
    ambient: true,
    registry,
  });
  server.onPeer((peer) => {
    const loop = ringAllTheTime(peer).finally(() => loops.delete(loop));
    loops.add(loop);
  });
  const say = (says: DeskSays): void => void process.send?.(says);
  process.on("SIGTERM", async () => {
    await server.close();
    await Promise.all(loops);
    await registry.close();
    say({ rung, failed });
    process.disconnect();
  });
  say({ id: server.instance });
}
