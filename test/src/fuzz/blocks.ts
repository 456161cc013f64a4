import { inflateRawSync } from "node:zlib";
import { headerBytes, kinds, maxFrameBytes } from "../wire/raw/numbers.js";
import { framesOf, type Heard } from "./said.js";

/** Feature 1: blocks of deflate. */
export const deflateFeature = 1;
/** Feature 4: streams. */
export const streamsFeature = 4;

/** Kinds that may be in a block. */
const inside: ReadonlySet<number> = new Set([
  kinds.open,
  kinds.opened,
  kinds.request,
  kinds.response,
  kinds.error,
  kinds.reject,
  kinds.item,
  kinds.end,
  kinds.chunk,
]);

/** Returns frames with those in blocks where their blocks stand. A block that cannot be read, or not to its end, stays behind what was read of it. */
export function unpacked(frames: readonly Heard[]): Heard[] {
  return frames.flatMap((frame) => (frame.kind === kinds.block ? insideOf(frame) : frame));
}

function insideOf(block: Heard): Heard[] {
  const { target, rest } = block;
  if (target !== deflateFeature || rest.length < 4) return [block];
  const announcedBytes = rest.readUInt32BE(0);
  if (announcedBytes < headerBytes || announcedBytes > maxFrameBytes) return [block];
  const bytes = inflated(rest.subarray(4));
  if (bytes?.length !== announcedBytes) return [block];
  const { frames, whole } = framesOf(bytes);
  const wrong = frames.findIndex(({ kind }) => !inside.has(kind) && kind < 0x80);
  if (wrong >= 0) return [...frames.slice(0, wrong), block];
  return whole ? frames : [...frames, block];
}

/** Whether a hello, a body of fields each of tag, length and value, offers blocks of deflate. */
export const offersDeflate = (hello: Heard): boolean => offers(hello, deflateFeature);

/** Whether a hello offers streams. */
export const offersStreams = (hello: Heard): boolean => offers(hello, streamsFeature);

function offers({ rest }: Heard, feature: number): boolean {
  let offered = false;
  for (let at = 0; at + 3 <= rest.length; ) {
    const end = at + 3 + rest.readUInt16BE(at + 1);
    if (rest[at] === 2 && end - at >= 7 && end <= rest.length) offered = (rest.readUInt32BE(at + 3) & feature) !== 0;
    at = end;
  }
  return offered;
}

function inflated(bytes: Buffer): Buffer | undefined {
  try {
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: maxFrameBytes, info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === bytes.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
