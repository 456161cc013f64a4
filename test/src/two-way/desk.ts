import type { TestContext } from "node:test";
import {
  bind,
  type Client,
  type Connector,
  connect,
  createClient,
  currentCall,
  defineService,
  type Handlers,
  type Offer,
  type Server,
  serve,
} from "@rpc/core";
import { closedAtEnd } from "../wire/ground/at-end.js";
import type { ConnectSettings } from "../wire/ground/calling.js";
import type { Ground } from "../wire/ground/grounds.js";
import type { ServeSettings } from "../wire/ground/serving.js";

/** What a server answers; some of it asks the caller. */
export interface Desk {
  add(a: number, b: number): number;
  /** Asks the caller's own service, and answers with what that said. */
  ask(question: string): Promise<string>;
  /** Calls back and forth until `depth` is 0. */
  down(depth: number): Promise<number>;
  hang(): Promise<string>;
}

/** What a client offers. */
export interface Phone {
  ring(text: string): string;
  down(depth: number): Promise<number>;
  hang(): Promise<string>;
}

export const DeskService = defineService<Desk>("Desk", { add: {}, ask: {}, down: {}, hang: {} });
export const PhoneService = defineService<Phone>("Phone", { ring: { idempotent: true }, down: {}, hang: {} });

const caller = () => currentCall().peer!;

/** Answers only when it is told to stop. */
function hang(): Promise<string> {
  const { signal } = currentCall();
  return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
}

const desk: Handlers<Desk> = {
  add: (a, b) => a + b,
  ask: (question) => createClient(PhoneService, caller().invoke).ring(question),
  down: (depth) =>
    depth === 0
      ? 0
      : createClient(PhoneService, caller().invoke)
          .down(depth - 1)
          .then((n) => n + 1),
  hang,
};

/** A phone that answers, and calls its caller back. */
export const phone: Handlers<Phone> = {
  ring: (text) => `${text}!`,
  down: (depth) =>
    depth === 0
      ? 0
      : createClient(DeskService, caller().invoke)
          .down(depth - 1)
          .then((n) => n + 1),
  hang,
};

/** A server with a desk, and a client that offers a phone. */
export interface Scene {
  readonly server: Server;
  readonly connector: Connector;
  readonly desk: Client<Desk>;
}

export interface SceneOptions {
  readonly server?: ServeSettings & { readonly handlers?: Partial<Handlers<Desk>> };
  readonly client?: ConnectSettings;
  /** What the client offers. Defaults to a phone. */
  readonly offer?: Offer;
}

/** Serves the desk. Closed at the end of the test. */
export async function deskServer(
  t: TestContext,
  ground: Ground,
  options: SceneOptions["server"] = {},
): Promise<Server> {
  const { handlers, ...settings } = options;
  const server = await serve({
    services: [bind(DeskService, { ...desk, ...handlers })],
    listen: ground.listen,
    transports: ground.transports,
    ambient: true,
    drainMs: 2_000,
    ...settings,
  });
  closedAtEnd(t, server);
  return server;
}

/** Connects a client that offers a phone. Closed at the end of the test. */
export function phoneClient(
  t: TestContext,
  ground: Ground,
  address: string,
  settings: ConnectSettings = {},
  offer: Offer = { services: [bind(PhoneService, phone)], ambient: true },
): Connector {
  const connector = connect({ address, transports: ground.transports, serve: offer, ...settings });
  closedAtEnd(t, connector);
  return connector;
}

export async function scene(t: TestContext, ground: Ground, options: SceneOptions = {}): Promise<Scene> {
  const server = await deskServer(t, ground, options.server);
  const connector = phoneClient(t, ground, server.address, options.client, options.offer);
  return { server, connector, desk: connector.client(DeskService) };
}
