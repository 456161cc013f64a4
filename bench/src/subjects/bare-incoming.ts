import type { Socket } from "node:net";
import { headerBytes } from "./bare-outgoing.js";

/**
 * Calls `onFrame` with the place of each body that arrives, in the chunk it arrived in. A frame that is spread over
 * chunks is joined once, when its last byte is there.
 */
export function readFrames(
  socket: Socket,
  onFrame: (id: number, bytes: Buffer, start: number, end: number) => void,
): void {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let neededBytes = headerBytes;

  socket.on("data", (chunk: Buffer) => {
    let bytes = chunk;
    if (keptBytes > 0) {
      kept.push(chunk);
      keptBytes += chunk.length;
      if (keptBytes < neededBytes) return;
      bytes = Buffer.concat(kept, keptBytes);
      kept = [];
      keptBytes = 0;
    }
    let at = 0;
    neededBytes = headerBytes;
    while (bytes.length - at >= headerBytes) {
      neededBytes = headerBytes + bytes.readUInt32LE(at);
      const end = at + neededBytes;
      if (end > bytes.length) break;
      onFrame(bytes.readUInt32LE(at + 4), bytes, at + headerBytes, end);
      at = end;
      neededBytes = headerBytes;
    }
    if (at === bytes.length) return;
    kept.push(bytes.subarray(at));
    keptBytes = bytes.length - at;
  });
}
