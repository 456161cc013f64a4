import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf, hello, ping } from "../wire/raw/frames.js";
import { flipBit, headerBits } from "./flip-bit.js";

const session = Buffer.concat([bytesOf(hello()), bytesOf(ping()), bytesOf(ping(Buffer.alloc(5))), bytesOf(ping())]);
const headersAt = [4, bytesOf(hello()).length, bytesOf(hello()).length + 12, bytesOf(hello()).length + 29];

test("one bit of one header is turned, the one that was asked for, however the bytes are cut", () => {
  for (const [frame, headerAt] of headersAt.entries()) {
    for (const bit of [0, 7, 9, 31, 64, headerBits - 1]) {
      for (const cut of [1, 3, session.length]) {
        const altered = Buffer.from(session);
        const flip = flipBit(frame, bit);
        for (let at = 0; at < altered.length; at += cut) flip(altered.subarray(at, at + cut), at);
        const expected = Buffer.from(session);
        expected[headerAt + (bit >> 3)]! ^= 0x80 >> (bit & 7);
        assert.deepEqual(altered, expected, `frame ${frame}, bit ${bit}, ${cut} bytes at a time`);
      }
    }
  }
});
