import type { TestContext } from "node:test";
import { bind, type ConnectSettings, connect, type ServeSettings, serve } from "@rpc/core";
import { createManualClock } from "@rpc/core/testing";
import { closedAtEnd } from "../../wire/ground/at-end.js";
import { inMemory } from "../../wire/ground/grounds.js";
import { keepingLog } from "../../wire/ground/log.js";
import { type StreamHandlers, StreamsService, withUsual } from "./service.js";

export interface ApartSettings {
  readonly serving?: Partial<ServeSettings>;
  readonly calling?: Partial<ConnectSettings>;
}

/** A server and a client of it, over memory, whose time stands still until it is moved. */
export async function apart(t: TestContext, handlers: StreamHandlers, { serving, calling }: ApartSettings = {}) {
  const ground = inMemory();
  const clock = createManualClock();
  const { records, ...logger } = keepingLog();
  const shared = { transports: ground.transports, clock };
  const services = [bind(StreamsService, withUsual({ once: async (value) => value, ...handlers }))];
  const server = await serve({ services, listen: ground.listen, logger, ...shared, ...serving });
  const connector = connect({ address: server.address, retry: false, ...shared, ...calling });
  closedAtEnd(t, server);
  closedAtEnd(t, connector);
  const client = connector.client(StreamsService);
  await client.once();
  return { ground, clock, server, connector, client, log: records };
}

/** What a connector's or a server's streams come to by now. */
export function streamsOf(end: { stats(): { total: { streams: unknown } } }): Readonly<Record<string, number>> {
  return end.stats().total.streams as Readonly<Record<string, number>>;
}
