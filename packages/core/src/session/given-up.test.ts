import assert from "node:assert/strict";
import test from "node:test";
import { GivenUp } from "./given-up.js";

const none = Number.POSITIVE_INFINITY;

test("a call that was given up while its peer was silent counts as old as it is, though something was heard after it was written", () => {
  const givenUp = new GivenUp();
  givenUp.add(10, 110, 12);
  givenUp.add(5, 120, 12);
  givenUp.add(60, 160, 12);
  assert.equal(givenUp.oldestWrittenAt(0, 12), 5);
});

test("once the peer is heard of, what was given up before counts no longer", () => {
  const givenUp = new GivenUp();
  givenUp.add(10, 110, 0);
  assert.equal(givenUp.oldestWrittenAt(0, 130), none);
  givenUp.add(140, 240, 130);
  assert.equal(givenUp.oldestWrittenAt(0, 130), 140);
});

test("a call that was asked after hides none of those that are given up later", () => {
  const givenUp = new GivenUp();
  givenUp.add(10, 110, 0);
  assert.equal(givenUp.oldestWrittenAt(50, 0), none);
  givenUp.add(60, 160, 0);
  assert.equal(givenUp.oldestWrittenAt(50, 0), 60);
});
