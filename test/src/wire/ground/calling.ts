import type { TestContext } from "node:test";
import { type Client, type ConnectOptions, type Connector, connect, defineService } from "@rpc/core";
import { closedAtEnd } from "./at-end.js";
import type { Ground } from "./grounds.js";

/** All options but where to connect to. */
export type ConnectSettings = Omit<ConnectOptions, "address" | "registry" | "balancer">;

/** What the tests' servers serve. */
export interface Probe {
  add(a: number, b: number): number;
  echo(value: unknown): unknown;
  nothing(): null;
  hang(): null;
}

export const ProbeService = defineService<Probe>("Probe", { add: {}, echo: {}, nothing: {}, hang: {} });

/** A real client, and where its calls go. */
export interface Calling {
  readonly connector: Connector;
  readonly probe: Client<Probe>;
}

/** Connects to an address with the first call. Closed at the end of the test. */
export function calling(t: TestContext, ground: Ground, address: string, settings: ConnectSettings = {}): Calling {
  const connector = connect({ transports: ground.transports, address, ...settings });
  closedAtEnd(t, connector);
  return { connector, probe: connector.client(ProbeService) };
}
