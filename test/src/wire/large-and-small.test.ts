import assert from "node:assert/strict";
import test from "node:test";
import { calling } from "./ground/calling.js";
import { grounds, inMemory } from "./ground/grounds.js";
import { firstId, meeting } from "./ground/meeting.js";
import { serving } from "./ground/serving.js";
import { open, request, response } from "./raw/frames.js";
import { flagBits } from "./raw/numbers.js";
import { raw } from "./raw/raw.js";
import type { Received } from "./raw/received.js";

const KiB = 1_024;
const large = "x".repeat(300 * KiB);

for (const ground of grounds.map((make) => make())) {
  test(`small calls made in the same turn as large ones all arrive, in whatever order they are made (${ground.name})`, async (t) => {
    const { address, server } = await serving(t, ground);
    const { probe } = calling(t, ground, address, { retry: false });
    await probe.nothing();
    for (const order of ["large first", "small first", "mixed"]) {
      const outcomes: Promise<unknown>[] = [];
      const expected: unknown[] = [];
      for (let n = 0; n < 6; n++) {
        const big = order === "large first" ? n < 3 : order === "small first" ? n >= 3 : n % 2 === 0;
        outcomes.push(big ? probe.echo(large) : probe.add(n, 1));
        expected.push(big ? large : n + 1);
      }
      assert.deepEqual(await Promise.all(outcomes), expected, order);
    }
    assert.equal(server.connections, 1);
  });

  test(`more large calls than the server takes in parts at once all arrive, one after the other (${ground.name})`, async (t) => {
    const { address } = await serving(t, ground, { limits: { partialBytes: 700 * KiB } });
    const { probe } = calling(t, ground, address, { retry: false });
    await probe.nothing();
    const outcomes = Array.from({ length: 9 }, (_, n) => (n % 3 === 2 ? probe.add(n, 1) : probe.echo(`${n}${large}`)));
    const answers = await Promise.all(outcomes);
    for (const [n, answer] of answers.entries()) assert.equal(answer, n % 3 === 2 ? n + 1 : `${n}${large}`);
  });
}

test("a client's frames begin calls in the order of their ids, large and small alike, so that a drain can name the last one read", async (t) => {
  const { peer, probe } = await meeting(
    t,
    inMemory(),
    {},
    { welcome: { limits: [4_194_304, 1_024, 700 * KiB, 0, 0, 0] } },
  );
  const calls = [
    probe.echo(large),
    probe.add(1, 2),
    probe.echo(large),
    probe.echo(large),
    probe.add(3, 4),
    probe.nothing(),
  ];
  const begun: number[] = [];
  const parts = new Map<number, number>();
  for (let answered = 0; answered < calls.length; ) {
    const frame: Received = await peer.next();
    if (frame.kind === "request") begun.push(frame.id);
    parts.set(frame.id, (parts.get(frame.id) ?? 0) + frame.body.length);
    if ((frame.flags & 1) !== 0) continue;
    peer.send(response(frame.id));
    answered++;
  }
  await Promise.all(calls);
  assert.deepEqual(
    begun,
    [...begun].sort((a, b) => a - b),
  );
  assert.equal(begun.length, calls.length);
  assert.ok(begun[0]! >= firstId);
  for (const [id, bytes] of parts) assert.ok(bytes > 0, `call ${id}`);
});

test("a large answer does not hold up a small one that is ready later: it leaves before the rest of it", async (t) => {
  const ground = inMemory();
  let release = (): void => {};
  const { address } = await serving(t, ground, {
    on: {
      nothing: () => "x".repeat(3_000 * KiB),
      hang: () => new Promise<void>((resolve) => (release = resolve)),
    },
  });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["nothing", "hang"]));
  await peer.expect("opened");
  // Above 1 MiB of answers that wait no handler is started: this one runs already.
  peer.send(request({ id: 3, method: 1, args: [] }), request({ id: 4, method: 0, args: [] }));
  await peer.expect("response", { id: 4 });
  release();
  let parts = 1;
  let before = 0;
  for (let last = false; !last; ) {
    const frame = await peer.next();
    if (frame.id === 3) before = parts;
    if (frame.id !== 4) continue;
    parts++;
    last = (frame.flags & flagBits.more) === 0;
  }
  assert.ok(parts > 45, `${parts} parts`);
  assert.ok(before > 0 && before < parts / 2, `the small answer came behind ${before} of ${parts} parts`);
});
