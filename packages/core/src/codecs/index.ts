// A stand-in until the real codecs land in this folder; same exports.
import { createRequire } from "node:module";
import type { Codec } from "../contract/codec.js";

const { Packr, Unpackr } = createRequire(import.meta.url)("msgpackr") as typeof import("msgpackr");
const packr = new Packr({ useRecords: false, moreTypes: true });
const unpackr = new Unpackr({ useRecords: false, moreTypes: true });

export const messagePack: Codec = {
  id: 1,
  name: "msgpack",
  encode(value, sink) {
    const bytes = packr.pack(value);
    sink.reserve(bytes.length);
    sink.position += bytes.copy(sink.bytes, sink.position);
  },
  decode: (bytes, start, end) => unpackr.unpack(Buffer.from(bytes.subarray(start, end))),
};

export const json: Codec = {
  id: 2,
  name: "json",
  encode(value, sink) {
    const bytes = Buffer.from(JSON.stringify(value === undefined ? null : value));
    sink.reserve(bytes.length);
    sink.position += bytes.copy(sink.bytes, sink.position);
  },
  decode: (bytes, start, end) => JSON.parse(bytes.toString("utf8", start, end)),
};

export const bytes: Codec = { ...json, id: 3, name: "raw" };
