import assert from "node:assert/strict";
import { test } from "node:test";
import { type CpuProfile, selfTimes } from "./self-time.js";

const node = (id: number, functionName: string, url = "", lineNumber = 0): CpuProfile["nodes"][number] => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

test("a function's own time is summed over all the places of the tree it was called from", () => {
  const url = "file:///x/packages/core/dist/wire/outbox.js";
  const profile: CpuProfile = {
    nodes: [node(1, "(root)"), node(2, "flush", url, 9), node(3, "flush", url, 9), node(4, "encode", url, 40)],
    samples: [2, 3, 4, 2],
    timeDeltas: [5, 1000, 2000, 3000],
  };
  const [first, second] = selfTimes(profile);
  assert.deepEqual(
    [first, second].map((one) => [one?.name, one?.place, one?.selfMs, one?.share]),
    [
      ["flush", "packages/core/dist/wire/outbox.js:10", 3, 0.5],
      ["encode", "packages/core/dist/wire/outbox.js:41", 3, 0.5],
    ],
  );
});

test("functions of one name in two files stay apart, and idle time counts for nobody", () => {
  const profile: CpuProfile = {
    nodes: [
      node(1, "(idle)"),
      node(2, "pack", "file:///x/node_modules/msgpackr/pack.js", 0),
      node(3, "pack", "file:///x/node_modules/other/pack.js", 0),
    ],
    samples: [1, 2, 3, 1],
    timeDeltas: [0, 6000, 1000, 3000],
  };
  assert.deepEqual(
    selfTimes(profile).map(({ place, share }) => [place, share]),
    [
      ["other/pack.js:1", 0.75],
      ["msgpackr/pack.js:1", 0.25],
    ],
  );
});

test("a profile without a sample is empty, not an error", () => {
  assert.deepEqual(selfTimes({ nodes: [], samples: [], timeDeltas: [] }), []);
});
