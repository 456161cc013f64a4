import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";
import { block, bytesOf, type Frame } from "../wire/raw/frames.js";
import { headerBytes, kinds, maxFrameBytes } from "../wire/raw/numbers.js";
import { framesOf, type Heard } from "./said.js";

/** Features 1 and 2: blocks of deflate and of lz4. They are the ways' numbers in blocks too. */
const deflateFeature = 1;
const lz4Feature = 2;
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

interface Lz4 {
  compressSync(bytes: Buffer): Buffer;
  uncompressSync(bytes: Buffer): Buffer;
}

/** Undefined where its package is not installed; then nobody offers it. */
const lz4 = loadLz4();

/** The ways that this process has. */
export const ways: readonly number[] = lz4 === undefined ? [deflateFeature] : [deflateFeature, lz4Feature];

/** Packs frames into a block, in one of the ways. */
export function packed(frames: readonly Frame[], way: number): Frame {
  if (way === deflateFeature || lz4 === undefined) return block(frames);
  const content = lz4.compressSync(Buffer.concat(frames.map(bytesOf))).subarray(4);
  return block(frames, { algorithm: lz4Feature, content });
}

/** Returns frames with those in blocks where their blocks stand. A block that cannot be read, or not to its end, stays behind what was read of it. */
export function unpacked(frames: readonly Heard[], agreed: readonly number[] = ways): Heard[] {
  return frames.flatMap((frame) =>
    frame.kind === kinds.block && agreed.includes(frame.target) ? insideOf(frame) : frame,
  );
}

function insideOf(block: Heard): Heard[] {
  const { target, rest } = block;
  if (rest.length < 4) return [block];
  const announcedBytes = rest.readUInt32BE(0);
  if (announcedBytes < headerBytes || announcedBytes > maxFrameBytes) return [block];
  const bytes = target === lz4Feature ? inflatedLz4(rest.subarray(4), announcedBytes) : inflated(rest.subarray(4));
  if (bytes?.length !== announcedBytes) return [block];
  const { frames, whole } = framesOf(bytes);
  const wrong = frames.findIndex(({ kind }) => !inside.has(kind) && kind < 0x80);
  if (wrong >= 0) return [...frames.slice(0, wrong), block];
  return whole ? frames : [...frames, block];
}

/** The ways to compress that a hello, a body of fields each of tag, length and value, offers and this process has. */
export const waysOf = (hello: Heard): readonly number[] => ways.filter((way) => offers(hello, way));

/** Whether a hello offers streams. */
export const offersStreams = (hello: Heard): boolean => offers(hello, streamsFeature);

function offers(hello: Heard, feature: number): boolean {
  const said = fieldsOf(hello, featuresTag).at(-1);
  return said !== undefined && said.length >= 4 && (said.readUInt32BE(0) & feature) !== 0;
}

const featuresTag = 2;
const credentialsTag = 5;

/** What a hello shows as credentials: once, never, or several times. */
export const credentialsIn = (hello: Heard): Buffer[] => fieldsOf(hello, credentialsTag);

function fieldsOf({ rest }: Heard, tag: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 3 <= rest.length; ) {
    const end = at + 3 + rest.readUInt16BE(at + 1);
    if (rest[at] === tag && end <= rest.length) found.push(rest.subarray(at + 3, end));
    at = end;
  }
  return found;
}

function loadLz4(): Lz4 | undefined {
  try {
    return createRequire(import.meta.url)("lz4-napi") as Lz4;
  } catch {
    return undefined;
  }
}

function inflatedLz4(bytes: Buffer, announcedBytes: number): Buffer | undefined {
  const prefixed = Buffer.concat([Buffer.alloc(4), bytes]);
  prefixed.writeUInt32LE(announcedBytes);
  try {
    return lz4?.uncompressSync(prefixed);
  } catch {
    return undefined;
  }
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
