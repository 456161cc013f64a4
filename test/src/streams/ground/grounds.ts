import type { TestContext } from "node:test";
import { bind, type Client, createClient, createDispatcher, type Interceptor } from "@rpc/core";
import { keepingLog, type LogRecord } from "../../wire/ground/log.js";
import { type StreamHandlers, type Streams, StreamsService, withUsual } from "./service.js";

export interface Settings {
  /** Of the server; the first is the outermost. */
  readonly interceptors?: readonly Interceptor[];
  /** Of the client. */
  readonly outer?: readonly Interceptor[];
}

/** A client, and what it calls. */
export interface Opened {
  readonly client: Client<Streams>;
  readonly log: readonly LogRecord[];
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

/** What has to behave alike runs on each. */
export const streamGrounds: readonly StreamGround[] = [inProcess];
