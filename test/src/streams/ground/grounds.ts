import type { TestContext } from "node:test";
import {
  bind,
  type Client,
  type Connector,
  type ConnectSettings,
  connect,
  createClient,
  createDispatcher,
  type Interceptor,
  type Server,
  type ServeSettings,
  serve,
} from "@rpc/core";
import { closedAtEnd } from "../../wire/ground/at-end.js";
import { type Ground, grounds as transports } from "../../wire/ground/grounds.js";
import { keepingLog, type LogRecord } from "../../wire/ground/log.js";
import { type StreamHandlers, type Streams, StreamsService, withUsual } from "./service.js";

export interface Settings {
  /** Of the server; the first is the outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Of the client. */
  readonly outer?: readonly Interceptor[];
  readonly serving?: ServeSettings;
  readonly calling?: ConnectSettings;
}

/** A client, and what it calls. */
export interface Opened {
  readonly client: Client<Streams>;
  readonly log: readonly LogRecord[];
  /** Absent within the process. */
  readonly server?: Server;
  readonly connector?: Connector;
}

/** Where streams have to behave alike. */
export interface StreamGround {
  readonly name: string;
  /** Whether there is a connection, so that items are sent ahead. */
  readonly wired: boolean;
  open(t: TestContext, handlers: StreamHandlers, settings?: Settings): Promise<Opened>;
}

const inProcess: StreamGround = {
  name: "a dispatcher in the process",
  wired: false,
  async open(_t, handlers, { interceptors = [], outer = [] } = {}) {
    const log = keepingLog();
    const binding = bind(StreamsService, withUsual(handlers));
    const { invoke } = createDispatcher([binding], interceptors, { ambient: true, logger: log });
    const outermost = outer.reduceRight((next, wrap) => wrap(next), invoke);
    return { client: createClient(StreamsService, outermost), log: log.records };
  },
};

function over(ground: Ground): StreamGround {
  return {
    name: ground.name,
    wired: true,
    async open(t, handlers, { interceptors = [], outer = [], serving, calling } = {}) {
      const log = keepingLog();
      const server = await serve({
        services: [bind(StreamsService, withUsual(handlers))],
        listen: ground.listen,
        transports: ground.transports,
        logger: log,
        ambient: true,
        drainMs: 2_000,
        interceptors,
        ...serving,
      });
      closedAtEnd(t, server);
      const connector = connect({
        address: server.address,
        transports: ground.transports,
        logger: log,
        interceptors: outer,
        ...calling,
      });
      closedAtEnd(t, connector);
      return { client: connector.client(StreamsService), log: log.records, server, connector };
    },
  };
}

/** What has to behave alike runs on each. */
export const streamGrounds: readonly StreamGround[] = [inProcess, ...transports.map((make) => over(make()))];

/** Those with a connection between. */
export const wiredGrounds: readonly StreamGround[] = streamGrounds.filter(({ wired }) => wired);
