import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { Code } from "@rpc/core";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/errors-by-reason.md", root), "utf8");
const codes = Object.keys(Code);

/** Words in capitals that are no reasons: of the system, of files, of logs. */
const system = /^(?:E[A-Z0-9]+|ERR_\w+|SIG[A-Z]+)$/;
const others = new Set(["THROWN", "CERTIFICATE"]);

/** A row of the tables: a reason, its codes, and whether the handler ran. */
interface Row {
  readonly reason: string;
  readonly codes: readonly string[];
  readonly processed: string;
}

function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)].flatMap(
    ([, reasons = "", codeCell = "", processed = ""]) =>
      [...reasons.matchAll(/`([A-Z0-9_]+)`/g)].map(([, reason = ""]) => ({
        reason,
        codes: codeCell.split(", "),
        processed,
      })),
  );
}

/** The text of each source file that is published. */
function* sources(): Generator<string> {
  for (const name of readdirSync(new URL("packages/", root))) {
    const folder = new URL(`packages/${name}/src/`, root);
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const { parentPath, path = parentPath } = entry;
      if (!entry.isFile() || !entry.name.endsWith(".ts") || /\.(?:test|types|fixture)\.ts$/.test(entry.name)) continue;
      if (/\/testing(?:\/|$)/.test(path)) continue;
      yield readFileSync(`${path}/${entry.name}`, "utf8");
    }
  }
}

function reasonsInSource(): Set<string> {
  const found = new Set<string>();
  for (const text of sources()) {
    for (const [, word = ""] of text.matchAll(/"([A-Z][A-Z0-9_]{3,})"/g)) {
      if (!system.test(word) && !others.has(word)) found.add(word);
    }
  }
  return found;
}

describe("docs/errors-by-reason.md", () => {
  const rows = rowsOf(page);
  const listed = rows.map(({ reason }) => reason);

  test("has every reason that the packages give an error", () => {
    assert.deepEqual([...reasonsInSource()].filter((reason) => !listed.includes(reason)).sort(), []);
  });

  test("has no reason that nothing gives, and none twice", () => {
    const real = reasonsInSource();
    const byDefault = new Set(codes.map((code) => code.toUpperCase()));
    assert.deepEqual(
      listed.filter((reason) => !real.has(reason) && !byDefault.has(reason)),
      [],
    );
    assert.deepEqual(
      listed.filter((reason, index) => listed.indexOf(reason) !== index),
      [],
    );
  });

  test("names codes that there are, and says whether the handler ran", () => {
    for (const { reason, codes: named, processed } of rows) {
      for (const code of named) assert.ok(codes.includes(code), `${reason}: ${code}`);
      assert.match(processed, /^(?:no|maybe|yes)(?:(?:, | \/ )(?:no|maybe|yes))*$/, reason);
    }
  });
});
