import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { thisProcess, verdictOn } from "./owner.js";

const self = thisProcess();
const linux = process.platform === "linux";

describe("a process", () => {
  test("that runs is alive", { skip: !linux }, () => {
    assert.match(self.startedAt, /^\d+$/);
    assert.equal(verdictOn(self, self), "alive");
  });

  test("whose number another process has taken over is dead", { skip: !linux }, () => {
    assert.equal(verdictOn({ ...self, startedAt: `${Number(self.startedAt) - 1}` }, self), "dead");
  });

  test("whose number nobody has is dead", () => {
    // Above the largest number that Linux gives.
    assert.equal(verdictOn({ ...self, pid: 2 ** 22 + 1 }, self), "dead");
  });

  test("of another machine or container is not judged by the numbers of this one", () => {
    const elsewhere = { ...self, machine: "another" };
    assert.equal(verdictOn(elsewhere, self), "unknown");
    assert.equal(verdictOn({ ...elsewhere, pid: 2 ** 22 + 1 }, self), "unknown");
  });

  test("that does not say when it was started is left to its heartbeat", () => {
    assert.equal(verdictOn({ ...self, startedAt: "" }, self), "unknown");
  });

  test("is known whatever it calls itself", { skip: !linux }, () => {
    const { title } = process;
    try {
      for (const name of ["a) Z (b", ") Z 1 2 3", "x y"]) {
        process.title = name;
        assert.equal(verdictOn(self, self), "alive", name);
      }
    } finally {
      process.title = title;
    }
  });
});
