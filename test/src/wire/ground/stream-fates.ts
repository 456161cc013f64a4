import assert from "node:assert/strict";
import { type Frame, ping, request } from "../raw/frames.js";
import type { RawPeer } from "../raw/peer.js";
import type { Attacked } from "./streaming.js";

/** The indices of the flows' methods. */
export const [total, back, unread] = [1, 2, 3];
const count = 0;
export const never = 5;
/** What a stream and a connection begin with, as our hello says. */
export const streamBytes = 1_024;
export const connectionBytes = 4_194_304;
/** One stream, at place 0, and nil in its place. */
const oneStream = Buffer.from("010091c0", "hex");

export const counting = (id: number, to: number): Frame => request({ id, method: count, args: [to] });
export const sending = (id: number, method: number): Frame => request({ id, method, body: oneStream });

/** What becomes of a connection behind a frame. */
export type Fate = { readonly ends: string } | "passed over";

export const unknownStream: Fate = { ends: "UNKNOWN_STREAM" };
export const unknownId: Fate = { ends: "UNKNOWN_ID" };
export const skipped: Fate = "passed over";

/** Sees that the connection ends so, or lives on. */
export async function meets(peer: RawPeer, fate: Fate): Promise<void> {
  peer.send(ping(Buffer.from("alive")));
  for (;;) {
    const { kind, fault, body } = await peer.next(fate === "passed over" ? "a pong" : "a close");
    if (kind === "pong" && body.toString() === "alive") {
      assert.equal(fate, "passed over");
      return;
    }
    if (kind !== "close") continue;
    assert.notEqual(fate, "passed over", `closed for ${fault?.reason}: ${fault?.message}`);
    assert.equal(fault?.reason, (fate as { ends: string }).ends);
    return;
  }
}

/** Nobody works for a caller that has gone. */
export async function leavesNothing({ clock, server, open }: Attacked): Promise<void> {
  await clock.advance(2_000);
  assert.equal(server.connections, 0, "it is still connected");
  assert.equal(open(), 0, "a generator goes on");
}
