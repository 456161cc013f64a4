import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { MemoryStream } from "./memory.js";

/**
 * Whether a stream is done with its bytes once it says that they are written, so that their memory may be used again. A
 * socket is: the system has taken a copy. What hands chunks on, as a PassThrough does, still has them.
 */
export function isDoneWhenWritten(stream: Duplex): boolean {
  return stream instanceof Socket || stream instanceof MemoryStream;
}
