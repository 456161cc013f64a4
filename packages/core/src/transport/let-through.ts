import { Duplex } from "node:stream";
import { RpcError } from "../contract/errors.js";
import type { NewConnection, OnConnect } from "../contract/transport.js";

const unheard = (): void => {};

/**
 * Shows a new connection to the user's hook and resolves to the stream to use. Rejects with what the hook threw, with
 * the reason of the signal where it aborts first, and where the connection ends meanwhile; then nothing is left open.
 */
export async function letThrough(hook: OnConnect, connection: NewConnection): Promise<Duplex> {
  const { stream: bare, remote, signal } = connection;
  // Nobody else listens until there is a session; and a wrapper may not hear the bare stream's errors.
  bare.on("error", unheard);
  let stop = (): void => {};
  const over = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    const onClose = (): void => reject(endedEarly(remote));
    signal.addEventListener("abort", onAbort);
    bare.once("close", onClose);
    stop = () => {
      signal.removeEventListener("abort", onAbort);
      bare.removeListener("close", onClose);
    };
    if (signal.aborted) onAbort();
    else if (bare.destroyed) onClose();
  });
  const answer = Promise.resolve().then(() => hook(connection));
  try {
    const stream = await Promise.race([over, answer]);
    if (stream === undefined || stream === bare) return bare;
    if (!(stream instanceof Duplex)) throw new TypeError("onConnect must return a Duplex, or nothing");
    tie(bare, stream);
    if (stream.destroyed) throw endedEarly(remote);
    return stream;
  } catch (error) {
    bare.destroy();
    // What comes too late is let go as well.
    answer.then((late) => late instanceof Duplex && late.on("error", unheard).destroy(), unheard);
    throw error;
  } finally {
    stop();
  }
}

/** Neither outlives the other. */
function tie(bare: Duplex, wrapper: Duplex): void {
  wrapper.on("error", unheard);
  wrapper.once("close", () => bare.destroy());
  bare.once("close", () => wrapper.destroy());
}

function endedEarly(remote: string): RpcError {
  return new RpcError("unavailable", `the connection with ${remote} ended before onConnect had let it through`, {
    reason: "CONNECTION_LOST",
    processed: "no",
    endpoint: remote,
  });
}
