import assert from "node:assert/strict";
import test from "node:test";
import { RpcError } from "@rpc/core";
import { openProxy } from "../proxy/open-proxy.js";
import { atEnd } from "../wire/ground/at-end.js";
import { calling } from "../wire/ground/calling.js";
import { onTls } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";

/** Where the first bit is turned: behind the handshake, within the records of calls. */
const firstByte = { up: 1_500, down: 2_500 } as const;
const flips = 24;

for (const direction of ["up", "down"] as const) {
  test(`over TLS a bit that is turned anywhere ends the connection, and no answer is ever wrong (${direction})`, async (t) => {
    const ground = onTls();
    const { address } = await serving(t, ground);
    const proxy = await openProxy({
      target: address,
      script: (number) => {
        const byte = firstByte[direction] + 101 * number;
        const alter = (bytes: Buffer, offset: number): void => {
          if (offset <= byte && byte < offset + bytes.length) bytes[byte - offset]! ^= 1 << (number % 8);
        };
        return number < flips ? { [direction]: { alter } } : {};
      },
    });
    atEnd(t, () => proxy.close());
    const { probe } = calling(t, ground, proxy.address.replace("tcp:", "tls:"), {
      retry: false,
      backoff: { firstMs: 1, longestMs: 2 },
      // A record whose length was changed is waited for: then it is the silence that ends the connection.
      keepAlive: { busyMs: 250, timeoutMs: 250 },
    });
    let made = 0;
    const lost = new Map<string, number>();
    const lane = async (): Promise<void> => {
      while (proxy.accepted <= flips && made < 100_000) {
        const number = made++;
        try {
          assert.equal(await probe.add(number, 1), number + 1);
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          lost.set(error.reason, (lost.get(error.reason) ?? 0) + 1);
        }
      }
    };
    await Promise.all(Array.from({ length: 4 }, lane));
    assert.equal(proxy.accepted, flips + 1, `${made} calls were made`);
    assert.deepEqual([...lost.keys()], ["CONNECTION_LOST"]);
    assert.equal(await probe.add(2, 3), 5);
  });
}
