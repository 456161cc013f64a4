import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);

test("docs/faults.md names a test for each fault, and each of them is there", () => {
  const page = readFileSync(new URL("docs/faults.md", root), "utf8");
  const rows = [...page.matchAll(/^\| (?!fault \||---)(.+) \| (.+) \|$/gm)];
  assert.ok(rows.length >= 30, `${rows.length} faults were found`);
  for (const [, fault, cell] of rows) {
    const files = [...cell!.matchAll(/`([^`]+)`/g)].map(([, file]) => file!);
    assert.ok(files.length > 0, `${fault}: no test is named`);
    for (const file of files) {
      assert.match(file, /\.test\.ts$/, `${fault}: ${file} is no test`);
      assert.ok(existsSync(new URL(file, root)), `${fault}: ${file} is not there`);
      assert.match(readFileSync(new URL(file, root), "utf8"), /\b(?:test|it)\(/, `${fault}: ${file} has no test`);
    }
  }
});
