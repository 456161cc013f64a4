import type { ManualClock } from "@rpc/core/testing";
import { bytesOf, ping } from "../wire/raw/frames.js";
import { kinds } from "../wire/raw/numbers.js";
import type { StreamEnd } from "./stream-end.js";

/** Longer than a hello, a message in parts or a drain may take, in ms. */
const patienceMs = 45_000;

/** Whether the other side answers a ping or has ended the connection, and does so in time: no connection hangs. */
export async function answersOrEnds(end: StreamEnd, clock: ManualClock, token: Buffer): Promise<boolean> {
  const over = (): boolean =>
    end.ended ||
    end.heard.some(({ kind, rest }) => kind === kinds.close || (kind === kinds.pong && rest.equals(token)));
  if (over()) return true;
  end.write(bytesOf(ping(token)));
  await clock.settle();
  for (let waitedMs = 0; !over() && waitedMs < patienceMs; waitedMs += 1_000) await clock.advance(1_000);
  return over();
}
