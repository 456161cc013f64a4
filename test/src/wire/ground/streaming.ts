import type { TestContext } from "node:test";
import {
  bind,
  type Client,
  type ConnectSettings,
  connect,
  defineService,
  type Server,
  type ServeSettings,
  serve,
} from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { type HelloParts, hello, open, opened, response, welcome } from "../raw/frames.js";
import type { RawPeer } from "../raw/peer.js";
import { raw } from "../raw/raw.js";
import { atEnd, closedAtEnd } from "./at-end.js";
import { inMemory } from "./grounds.js";

export interface Flows {
  /** Yields the numbers below `end`. */
  count(end: number): AsyncIterable<number>;
  /** Reads all, and returns how many there were. */
  total(items: AsyncIterable<unknown>): Promise<number>;
  /** Returns all that it reads. */
  back(items: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** Never reads its argument, and never answers. */
  unread(items: AsyncIterable<unknown>): Promise<void>;
  plain(): string;
  never(): void;
}

const FlowsService = defineService<Flows>("Flows", {
  count: { stream: "server" },
  total: { stream: "client" },
  back: { stream: "duplex" },
  unread: { stream: "client" },
  plain: {},
  never: {},
});

/** The methods, in the order of their indices where all are opened. */
const flows = ["count", "total", "back", "unread", "plain", "never"] as const;
const flowKinds = [1, 2, 3, 2, 0, 0];

/** The feature that both sides must say. */
const streamsFeature = 4;

/** What is to be sent before the items: with `index` the method's place in `flows`. */
export interface Attacked {
  readonly peer: RawPeer;
  readonly server: Server;
  readonly clock: ManualClock;
  /** What handlers met: how each of them ended. */
  readonly met: string[];
  /** Generators that were begun, less those that ended. */
  readonly open: () => number;
  /** Generators that ever began. */
  readonly begun: () => number;
  /** Another raw client that has opened them, with what its hello says beside the features. */
  readonly another: (parts?: HelloParts) => Promise<RawPeer>;
}

/** A real server of the flows, and a raw client that has opened them. */
export async function attackServer(
  t: TestContext,
  settings: Partial<ServeSettings> = {},
  features = streamsFeature,
): Promise<Attacked> {
  const ground = inMemory();
  const clock = createManualClock();
  const met: string[] = [];
  let begun = 0;
  let left = 0;
  async function* counting(end: number): AsyncGenerator<number> {
    begun++;
    try {
      for (let n = 0; n < end; n++) yield n;
    } finally {
      left++;
    }
  }
  async function* returning(items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    begun++;
    try {
      yield* items;
      met.push("end");
    } catch (thrown) {
      met.push((thrown as Error).message);
      throw thrown;
    } finally {
      left++;
    }
  }
  const server = await serve({
    services: [
      bind(FlowsService, {
        count: counting,
        async total(items) {
          let count = 0;
          try {
            for await (const _ of items) count++;
            met.push(`end behind ${count}`);
          } catch (thrown) {
            met.push((thrown as Error).message);
            throw thrown;
          }
          return count;
        },
        back: returning,
        unread: () => new Promise(() => {}),
        plain: () => "plain",
        never: () => new Promise(() => {}),
      }),
    ],
    listen: ground.listen,
    transports: ground.transports,
    clock,
    drainMs: 100,
    ...settings,
  });
  atEnd(t, async () => {
    const closed = server.close();
    await clock.advance(2_000);
    await closed;
  });
  const another = async (parts: HelloParts = {}): Promise<RawPeer> => {
    const peer = await raw.client(t, server.address, ground.transport);
    peer.send(hello({ features, ...parts }), open("Flows", [...flows]));
    await peer.expect("welcome");
    await peer.expect("opened", { id: 1 });
    return peer;
  };
  return { peer: await another(), server, clock, met, open: () => begun - left, begun: () => begun, another };
}

/** A real client, and a raw server that has opened the flows for it. Its next call has id 3. */
export interface AttackedClient {
  readonly peer: RawPeer;
  readonly clock: ManualClock;
  readonly client: Client<Flows>;
}

export async function attackClient(
  t: TestContext,
  settings: Partial<ConnectSettings> = {},
  features = streamsFeature,
  ground = inMemory(),
): Promise<AttackedClient> {
  const clock = createManualClock();
  const server = await raw.server(t, ground.listen, ground.transport);
  const connector = connect({
    address: server.address,
    transports: ground.transports,
    clock,
    random: () => 0.5,
    retry: false,
    ...settings,
  });
  closedAtEnd(t, connector);
  const client = connector.client(FlowsService);
  const asked = client.plain();
  const peer = await server.accept();
  await peer.expect("hello");
  peer.send(welcome({ features, limits: [4_194_304, 1_024, 16_777_216, 1_024, 1_024, 4_194_304] }));
  await peer.expect("open", { id: 1 });
  peer.send(
    opened(
      1,
      flows.map((name, index) => ({ name, index, kind: flowKinds[index]! })),
    ),
  );
  await peer.expect("request", { id: 2 });
  peer.send(response(2));
  await asked;
  return { peer, clock, client };
}
