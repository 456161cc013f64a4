import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { Code } from "@rpc/core";
import { arithClient, arithServer } from "./golden/arith.js";
import { tableAfter } from "./golden/document.js";
import { type Frame, opened, ping, welcome } from "./raw/frames.js";
import { type FlagName, flagBits, flagsOf, type KindName, kinds, preface } from "./raw/numbers.js";
import type { RawPeer } from "./raw/peer.js";
import { raw } from "./raw/raw.js";

const names = Object.keys(kinds) as KindName[];
const flagNames = Object.keys(flagBits) as FlagName[];
/** Where nobody knows a kind: some that may not be skipped, and some that may. */
const unknown = [0, 19, 127];
const skippable = [128, 255];

/** Resolves to the reason of the close frame that comes next, or to undefined where another frame comes. */
async function closedFor(peer: RawPeer): Promise<string | undefined> {
  return (await peer.next()).fault?.reason;
}

test("the document's numbers of kinds and flags are those of the tests' own peer, and the codes' are the library's", () => {
  const numbers = (heading: string): [string, number][] =>
    tableAfter(heading).map(([number, name]) => [name!, Number(number)]);
  assert.deepEqual(numbers("## Kinds"), Object.entries(kinds));
  assert.deepEqual(numbers("## Flags and optional fields"), Object.entries(flagBits));
  assert.deepEqual(numbers("### Codes"), Object.entries(Code));
});

test("a flag that the document does not give to a kind ends the connection, and one that it gives does not", async (t) => {
  const { ground, server } = await arithServer(t);
  for (const [, kind, , , allowed] of tableAfter("## Kinds")) {
    for (const flag of flagNames) {
      const peer = await raw.greeted(t, server.address, ground.transport);
      peer.send({ kind: kind as KindName, flags: flagsOf(flag) }, ping());
      const reserved = (await closedFor(peer)) === "RESERVED_FLAG";
      assert.equal(reserved, !allowed!.split(", ").includes(flag), `${flag} on ${kind}`);
    }
  }
});

/** What the document's table has for each kind, in the column of that title. */
function fates(column: number): [kind: KindName | number, ends: boolean][] {
  return tableAfter("## State and kind").flatMap((row) => {
    const [first] = row;
    const group: readonly (KindName | number)[] =
      first === "unknown, below 0x80"
        ? unknown
        : first === "unknown, 0x80 and above"
          ? skippable
          : (first!.split(", ") as KindName[]);
    return group.map((kind): [KindName | number, boolean] => [kind, row[column]!.startsWith("ends")]);
  });
}

/** Sees that the frame, bare as it is, ends the connection as unexpected or meets something else. */
async function meets(peer: RawPeer, kind: KindName | number, ends: boolean, ...more: readonly Frame[]): Promise<void> {
  peer.send({ kind }, ...more);
  assert.equal((await closedFor(peer)) === "UNEXPECTED_FRAME", ends, `kind ${kind}`);
}

/** A real client that has connected to a raw server; its call never comes to anything. */
async function dialler(t: TestContext): Promise<RawPeer> {
  const { server, arith } = await arithClient(t);
  arith.add(1, 2).catch(() => {});
  const peer = await server.accept();
  await peer.expect("hello");
  return peer;
}

test("the document's table of state and kind has every kind once", () => {
  const listed = fates(1).map(([kind]) => kind);
  assert.deepEqual([...listed].sort(), [...names, ...unknown, ...skippable].sort());
});

test("an acceptor meets each kind before and after the hello as the document's table says", async (t) => {
  const { ground, server } = await arithServer(t);
  for (const [kind, ends] of fates(2)) {
    const peer = await raw.client(t, server.address, ground.transport);
    peer.send(preface);
    await meets(peer, kind, ends);
  }
  for (const [kind, ends] of fates(3)) {
    const peer = await raw.greeted(t, server.address, ground.transport);
    await meets(peer, kind, ends, ping());
  }
});

test("a dialler meets each kind before and after the welcome as the document's table says", async (t) => {
  for (const [kind, ends] of fates(1)) {
    const peer = await dialler(t);
    peer.send(preface);
    await meets(peer, kind, ends);
  }
  for (const [kind, ends] of fates(3)) {
    const peer = await dialler(t);
    peer.send(welcome());
    await peer.expect("open");
    peer.send(opened(1, []));
    await meets(peer, kind, ends, ping());
  }
});
