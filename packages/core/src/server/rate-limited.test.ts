import assert from "node:assert/strict";
import { test } from "node:test";
import { silent } from "../contract/logger.js";
import { createManualClock } from "../testing/manual-clock.js";
import { limitedByMessage, rateLimited } from "./rate-limited.js";

test("of what strangers can cause ten lines in 10 s are written; the others are counted in the next one", async () => {
  const clock = createManualClock();
  const lines: unknown[] = [];
  const logger = rateLimited({ ...silent, warn: (message, fields) => lines.push([message, fields]) }, clock);
  for (let n = 0; n < 1_000; n++) logger.warn("refused", { n });
  assert.equal(lines.length, 10);
  assert.deepEqual(lines[9], ["refused", { n: 9 }]);
  await clock.advance(10_000);
  logger.warn("refused", { n: 1_000 });
  assert.deepEqual(lines[10], ["refused", { n: 1_000, leftOut: 990 }]);
  logger.warn("refused", { n: 1_001 });
  assert.deepEqual(lines[11], ["refused", { n: 1_001 }]);
});

test("of each message that calls cause a hundred lines in 10 s are written, and no message hides another", async () => {
  const clock = createManualClock();
  const lines: unknown[] = [];
  const logger = limitedByMessage({ ...silent, error: (message, fields) => lines.push([message, fields]) }, clock);
  for (let n = 0; n < 1_000; n++) logger.error("/A/a failed", { n });
  logger.error("/A/b failed", { n: 0 });
  assert.equal(lines.length, 101);
  assert.deepEqual(lines[100], ["/A/b failed", { n: 0 }]);
  await clock.advance(10_000);
  logger.error("/A/a failed", { n: 1_000 });
  assert.deepEqual(lines[101], ["/A/a failed", { n: 1_000, leftOut: 900 }]);
});

test("messages without end share a count, so that they fill neither memory nor disk", () => {
  const lines: string[] = [];
  const logger = limitedByMessage({ ...silent, error: (message) => lines.push(message) }, createManualClock());
  for (let n = 0; n < 10_000; n++) logger.error(`message ${n}`);
  assert.equal(lines.length, 1_100);
});
