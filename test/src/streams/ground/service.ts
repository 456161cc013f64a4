import type { Readable } from "node:stream";
import { defineService, type Handlers } from "@rpc/core";

/** A method of each kind, for whatever a test has to say. */
export interface Streams {
  once(value?: unknown): Promise<unknown>;
  give(what?: unknown): AsyncIterable<unknown>;
  take(items: AsyncIterable<unknown>, note?: unknown): Promise<unknown>;
  talk(items: AsyncIterable<unknown>, others?: AsyncIterable<unknown>): AsyncIterable<unknown>;
  again(): AsyncIterable<unknown>;
  upload(name: string, body: Readable): Promise<unknown>;
  paste(body: ReadableStream): Promise<unknown>;
  download(name?: string): AsyncIterable<Uint8Array>;
}

export const StreamsService = defineService<Streams>("test.Streams", {
  once: {},
  give: { stream: "server" },
  take: { stream: "client" },
  talk: { stream: "duplex" },
  again: { stream: "server", idempotent: true },
  upload: { stream: "client", streamAs: "readable" },
  paste: { stream: "client", streamAs: "web" },
  download: { stream: "server" },
});

export type StreamHandlers = Partial<Handlers<Streams>>;

const missing = (): never => {
  throw new Error("the test has no such handler");
};

/** What answers, where the test says nothing else. */
export function withUsual(handlers: StreamHandlers): Handlers<Streams> {
  const usual: Handlers<Streams> = {
    once: missing,
    give: missing,
    take: missing,
    talk: missing,
    again: missing,
    upload: missing,
    paste: missing,
    download: missing,
  };
  return { ...usual, ...handlers };
}
