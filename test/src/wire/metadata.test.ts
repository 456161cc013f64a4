import assert from "node:assert/strict";
import test from "node:test";
import { withOptions } from "@rpc/core";
import { calling } from "./ground/calling.js";
import { failed } from "./ground/failed.js";
import { inMemory } from "./ground/grounds.js";
import { serving } from "./ground/serving.js";
import { u8, u16 } from "./raw/bytes.js";
import { open, request } from "./raw/frames.js";
import { raw } from "./raw/raw.js";

/** Metadata whose field has exactly so many bytes. */
const metadataOf = (bytes: number): Record<string, string> => ({ k: "v".repeat(bytes - 4) });

for (const [what, metadata, fits] of [
  ["64 entries", Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`k${n}`, ""])), true],
  ["65 entries", Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, ""])), false],
  ["8 KiB", metadataOf(8_192), true],
  ["8 KiB and a byte", metadataOf(8_193), false],
  ["a name of 128 bytes", { ["n".repeat(128)]: "v" }, true],
  ["a name of 129 bytes", { ["n".repeat(129)]: "v" }, false],
  ["an empty name", { "": "v" }, false],
  ["a name in upper case", { Key: "v" }, false],
  ["a value beyond ASCII", { key: "grüße \u{1F44B}" }, true],
] as const) {
  test(`metadata of ${what} ${fits ? "arrives as it is" : "is refused, naming what is wrong, before anything is sent"}`, async (t) => {
    const ground = inMemory();
    const { address, ran } = await serving(t, ground);
    const { probe } = calling(t, ground, address);
    const call = withOptions(probe, { metadata }).add(1, 2);
    if (fits) {
      assert.equal(await call, 3);
      assert.deepEqual({ ...ran[0]?.metadata }, { ...metadata });
      return;
    }
    const error = await failed(call);
    assert.deepEqual([error.code, error.reason, error.processed], ["invalid_argument", "BAD_METADATA", "no"]);
    assert.match(error.message, /metadata/);
    assert.equal(await probe.add(1, 2), 3);
    assert.equal(ran.length, 1);
  });

  test(`raw metadata of ${what} is ${fits || what.includes("name") ? "taken" : "the end of its connection"}`, async (t) => {
    const ground = inMemory();
    const { address } = await serving(t, ground);
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["add"]));
    await peer.expect("opened");
    const entries = Object.entries(metadata).map(([name, value]) =>
      Buffer.concat([u8(name.length), Buffer.from(name), u16(Buffer.byteLength(value)), Buffer.from(value)]),
    );
    const field = Buffer.concat(entries);
    peer.send(request({ id: 2, args: [1, 2], metadata: Buffer.concat([u16(field.length), field]) }));
    if (fits || what.includes("name")) await peer.expect("response", { id: 2 });
    else await peer.expectClose("METADATA_TOO_LARGE");
  });
}

test("metadata that ends in the middle ends the connection", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground);
  for (const field of ["0001 05", "0004 01 6b 00 01", "0005 01 6b 0009 76", "0003 ff 61 61"]) {
    const peer = await raw.greeted(t, address, ground.transport);
    peer.send(open("Probe", ["add"]));
    await peer.expect("opened");
    peer.send(request({ id: 2, args: [1, 2], metadata: Buffer.from(field.replaceAll(" ", ""), "hex") }));
    await peer.expectClose("MALFORMED_FRAME");
  }
});
