import { Packr } from "msgpackr";
import { bareSocket, type Encoding } from "./bare-socket.js";

const packr = new Packr({ useRecords: false });
const range = { start: 0, end: 0 };

/** msgpackr as it installs, its native part included; keys on the wire. */
export const withMsgpackr: Encoding = {
  encode(value, out) {
    const packed = packr.pack(value);
    out.reserve(packed.length);
    out.bytes.set(packed, out.position);
    out.position += packed.length;
  },
  decode(bytes, start, end) {
    range.start = start;
    range.end = end;
    return packr.unpack(bytes, range);
  },
};

/** The baseline: a bare socket with msgpackr. */
export const bare = bareSocket(withMsgpackr);
