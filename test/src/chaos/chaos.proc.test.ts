import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Figure, kept } from "./figure.js";
import { registries } from "./registries.js";
import type { Row } from "./row.js";
import { localRows, rows } from "./rows.js";
import { runLocalRow, runRow } from "./run-row.js";
import { sizes } from "./sizes.js";
import type { Where } from "./where.js";

/** Rows in which the registry itself is what something happens to. */
const ofRegistries = [3, 4];

function assertKept(figures: readonly Figure[], error: string | undefined): void {
  assert.equal(error, undefined);
  assert.deepEqual(
    figures.filter((figure) => kept(figure, "busy") === false),
    [],
  );
  assert.ok(figures.some((figure) => kept(figure, "busy") === true));
}

function rowTest(kind: Where["kind"], row: Row): void {
  const { title, missing, open } = registries[kind];
  test(`${title}, row ${row.number} of chaos: ${row.title}`, { skip: missing }, async (t) => {
    const place = { kind, registry: await open(t), sizes: sizes.test, onProgress: () => {} };
    const { figures, error } = await runRow(row, place);
    assertKept(figures, error);
  });
}

// Most of it is waiting, each for processes of its own.
describe("callers of three servers keep what they are promised", { concurrency: 3 }, () => {
  for (const row of rows) rowTest("etcd", row);
  for (const row of rows.filter(({ number }) => ofRegistries.includes(number))) rowTest("zookeeper", row);
});

for (const row of localRows) {
  test(`row ${row.number} of chaos: ${row.title}`, async () => {
    const { figures, error } = await runLocalRow(row);
    assertKept(figures, error);
  });
}
