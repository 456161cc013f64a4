import type { Duplex } from "node:stream";
import type { TestContext } from "node:test";
import type { Address } from "@rpc/core";
import { atEnd } from "./at-end.js";
import type { Ground } from "./grounds.js";

/** Where on a connection something happens, and what. */
export interface Accident {
  /** Which bytes are counted: the dialler's or the acceptor's. */
  readonly direction: "up" | "down";
  /** So many of them still arrive. */
  readonly afterBytes: number;
  /** Both ends see an end, or a reset, or nothing at all any more in that direction. */
  readonly what: "end" | "reset" | "stall";
}

/** Stands between the two ends of connections. */
export interface Relay {
  readonly address: Address;
  /** Bytes that passed on the first connection. */
  readonly passed: { readonly up: number; readonly down: number };
  /** Connections that came. */
  readonly connections: number;
  /** Tears everything down and comes to an end. */
  stop(): Promise<void>;
}

/** Passes connections on to `target`; on the first one the accident happens, those after it are left alone. */
export async function relay(t: TestContext, ground: Ground, target: Address, accident?: Accident): Promise<Relay> {
  const streams = new Set<Duplex>();
  const passed = { up: 0, down: 0 };
  let connections = 0;
  const join = (near: Duplex, far: Duplex, hit: Accident | undefined): void => {
    for (const stream of [near, far]) {
      streams.add(stream);
      stream.on("error", () => {});
    }
    const counted = connections === 1;
    const pass = (from: Duplex, to: Duplex, direction: Accident["direction"]): void => {
      const here = hit?.direction === direction ? hit : undefined;
      let left = here?.afterBytes ?? Number.POSITIVE_INFINITY;
      from.on("data", (chunk: Buffer) => {
        if (left <= 0) return;
        const part = chunk.length < left ? chunk : chunk.subarray(0, left);
        left -= part.length;
        if (counted) passed[direction] += part.length;
        to.write(part);
        if (left > 0 || here === undefined) return;
        if (here.what === "end") for (const stream of [near, far]) stream.end();
        if (here.what === "reset") for (const stream of [near, far]) tearDown(stream);
      });
      from.on("end", () => to.end());
      from.on("close", () => to.destroy());
    };
    pass(near, far, "up");
    pass(far, near, "down");
    near.resume();
  };
  const { signal } = new AbortController();
  const listener = await ground.transport.listen(ground.listen, (near) => {
    connections++;
    const hit = connections === 1 ? accident : undefined;
    near.pause();
    // Whoever dials through here when nobody listens behind is told so by a reset.
    void ground.transport.connect(target, signal).then(
      (far) => join(near, far, hit),
      () => {
        near.on("error", () => {});
        tearDown(near);
      },
    );
  });
  const stop = async (): Promise<void> => {
    await listener.close();
    for (const stream of streams) stream.destroy();
  };
  atEnd(t, stop);
  return {
    address: listener.address,
    passed,
    get connections() {
      return connections;
    },
    stop,
  };
}

function tearDown(stream: Duplex): void {
  stream.destroy(Object.assign(new Error("torn down by the test"), { code: "ECONNRESET" }));
}
