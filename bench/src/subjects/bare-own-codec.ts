import { messagePack } from "@rpc/core";
import { bareSocket } from "./bare-socket.js";

const limits = { depth: 64, elements: 262_144 };

/** The baseline's framing with our codec, which writes into the outgoing page and reads in place: tells framing and codec apart. */
export const bareOwnCodec = bareSocket({
  encode: (value, out) => messagePack.encode(value, out),
  decode: (bytes, start, end) => messagePack.decode(bytes, start, end, limits),
});
