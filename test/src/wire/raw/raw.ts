import type { TestContext } from "node:test";
import { type Address, type Transport, tcp } from "@rpc/core";
import { atEnd } from "../ground/at-end.js";
import { hello } from "./frames.js";
import { RawPeer } from "./peer.js";

/** A listener in the hands of a test. */
export interface RawServer {
  readonly address: Address;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Resolves to the next connection, in the order in which they came. */
  accept(): Promise<RawPeer>;
  /** Accepts no more. */
  close(): Promise<void>;
}

/** Connects to an address and says nothing yet. Gone at the end of the test. */
async function client(t: TestContext, address: Address, transport: Transport = tcp): Promise<RawPeer> {
  const peer = new RawPeer(await transport.connect(address, new AbortController().signal));
  atEnd(t, () => peer.gone());
  return peer;
}

/** Connects and says hello; resolves when it was answered. */
async function greeted(
  t: TestContext,
  address: Address,
  transport?: Transport,
  parts?: Parameters<typeof hello>[0],
): Promise<RawPeer> {
  const peer = await client(t, address, transport);
  peer.send(hello(parts));
  await peer.expect("welcome");
  return peer;
}

/** Listens; each connection waits for `accept`. Everything is gone at the end of the test. */
async function server(t: TestContext, address: Address = "tcp://127.0.0.1:0", transport = tcp): Promise<RawServer> {
  const come: RawPeer[] = [];
  const waiting: ((peer: RawPeer) => void)[] = [];
  let accepted = 0;
  const listener = await transport.listen(address, (stream) => {
    const peer = new RawPeer(stream);
    atEnd(t, () => peer.gone());
    accepted++;
    const next = waiting.shift();
    if (next === undefined) come.push(peer);
    else next(peer);
  });
  atEnd(t, () => listener.close());
  return {
    address: listener.address,
    get accepted() {
      return accepted;
    },
    accept: () =>
      new Promise((resolve) => {
        const peer = come.shift();
        if (peer === undefined) waiting.push(resolve);
        else resolve(peer);
      }),
    close: () => listener.close(),
  };
}

/** Peers that speak raw frames. */
export const raw = { client, greeted, server };
