import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "./options.js";

test("without options a run is the full one, to stdout, with a seed that can be repeated", () => {
  const options = readOptions([])!;
  assert.equal(options.json, false);
  assert.equal(options.against, undefined);
  assert.ok(options.rounds >= 10 && options.only.test("echo-64/core"));
  assert.ok(Number.isInteger(options.seed) && options.seed >= 1);
});

test("a quick run does less of everything", () => {
  const full = readOptions([])!;
  const quick = readOptions(["--quick"])!;
  assert.ok(quick.rounds < full.rounds && quick.sliceMs < full.sliceMs && quick.importPairs < full.importPairs);
  assert.equal(readOptions(["--quick", "--rounds", "3"])!.rounds, 3);
});

test("wrong options are named, before anything is started", () => {
  assert.throws(() => readOptions(["--rounds", "many"]), /--rounds wants a whole number above 0, not "many"/);
  assert.throws(() => readOptions(["--rounds", "0"]), /--rounds/);
  assert.throws(() => readOptions(["--only", "("]), /--only wants a regular expression/);
  assert.throws(() => readOptions(["--against", "/no/such/folder"]), /--against wants a built checkout.*npm ci/);
  assert.throws(() => readOptions(["--rouds", "3"]), /--rouds/);
});

test("help starts nothing", () => {
  assert.equal(readOptions(["--help"]), undefined);
});
