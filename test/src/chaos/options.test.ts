import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { doubtOf, kept } from "./figure.js";
import { readOptions } from "./options.js";
import { tableOf, verdictOn } from "./table.js";

describe("npm run chaos", () => {
  test("runs every row with both registries unless told otherwise, and says what it does not know", () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    assert.deepEqual(readOptions([]), { registries: ["etcd", "zookeeper"], only: all, size: "full" });
    assert.deepEqual(readOptions(["--registry", "zookeeper", "--only", "3,9", "--quick"]), {
      registries: ["zookeeper"],
      only: [3, 9],
      size: "quick",
    });
    assert.equal(readOptions(["--long"]).size, "long");
    assert.throws(() => readOptions(["--only", "11"]), /--only 11: the rows are 1, 2/);
    assert.throws(() => readOptions(["--only", "one"]), /--only one: a whole number/);
    assert.throws(() => readOptions(["--registry", "consul"]), /--registry consul: etcd or zookeeper/);
    assert.throws(() => readOptions(["--quick", "--long"]), /not both/);
  });

  test("misses a must that is not measured, or above it, and forgives a busy machine what hangs on time alone", () => {
    const p99 = { what: "p99", measured: 3.2, unit: "x", atMost: 3, busy: 5 } as const;
    assert.deepEqual(
      [kept(p99, "quiet"), kept(p99, "busy"), kept({ ...p99, measured: 3 }, "quiet")],
      [false, true, true],
    );
    assert.equal(kept({ ...p99, measured: Number.NaN }, "busy"), false);
    assert.equal(kept({ what: "failed", measured: 1, unit: "", atMost: 0 }, "busy"), false);
    assert.equal(kept({ what: "goodput", measured: 99, unit: "%", atLeast: 100 }, "quiet"), false);
    assert.equal(kept({ what: "round robin", measured: 33, unit: "%" }, "quiet"), undefined);
  });

  test("shows a missed must with why, and a row that could not be measured, and is not content with either", () => {
    const failed = { what: "failed, of 10", measured: 2, unit: "", atMost: 0, note: "unavailable | twice" } as const;
    const missed = { number: 1, title: "killed", figures: [failed] };
    const broken = { number: 2, title: "wiped", figures: [], error: "no server" };
    const table = tableOf([{ where: "etcd", outcomes: [missed, broken] }]);
    assert.match(table, /\| 1 \| etcd \| killed: failed, of 10 \| none \| 2 \| MISSED: unavailable \\\| twice \|/);
    assert.match(table, /\| 2 \| etcd \| \*\*wiped\*\* .*not measured: no server/);
    const well = { ...missed, figures: [{ ...failed, measured: 0 }] };
    assert.deepEqual([[missed], [broken], [well]].map(verdictOn), ["missed", "missed", "kept"]);
  });

  test("says of what the machine disturbed that it is not known, and is content with that only where nothing was missed", () => {
    const p99 = { what: "p99", measured: 9, unit: "x", atMost: 3, doubt: doubtOf(40)! } as const;
    const row = { number: 6, title: "slow", figures: [p99] };
    const missed = {
      number: 1,
      title: "killed",
      figures: [{ what: "failed", measured: 1, unit: "", atMost: 0 } as const],
    };
    assert.match(
      tableOf([{ where: "etcd", outcomes: [row] }]),
      /9 x \| not known: the machine held it up for 40 % of the time \|/,
    );
    assert.deepEqual([[row], [row, missed]].map(verdictOn), ["unknown", "missed"]);
    assert.equal(doubtOf(2), undefined);
  });
});
