import assert from "node:assert/strict";
import test from "node:test";
import { itemPageBytes, largePageBytes, PagePool, smallPageBytes } from "./page-pool.js";

test("a page that was given back is lent again, and none is lent twice", () => {
  const pool = new PagePool();
  for (const size of [1, smallPageBytes, smallPageBytes + 1, largePageBytes]) {
    const page = pool.take(size);
    assert.ok(page.length >= size);
    assert.notEqual(pool.take(size), page);
    pool.give(page);
    assert.equal(pool.take(size), page);
    assert.notEqual(pool.take(size), page);
  }
});

test("a page above the sizes that are kept is made and forgotten, so that one large message holds no memory", () => {
  const pool = new PagePool();
  const page = pool.take(largePageBytes + 1);
  assert.ok(page.length > largePageBytes);
  pool.give(page);
  assert.notEqual(pool.take(largePageBytes + 1), page);
});

test("a burst leaves a bounded number of pages behind", () => {
  const pool = new PagePool();
  const burst = Array.from({ length: 2_000 }, () => pool.take(smallPageBytes));
  for (const page of burst) pool.give(page);
  const kept = new Set(burst);
  let reused = 0;
  for (let taken = 0; taken < 2_000; taken++) if (kept.has(pool.take(smallPageBytes))) reused++;
  assert.ok(reused > 0 && reused * smallPageBytes <= 4_194_304, `${reused} pages were kept`);
});

test("an item that waits is lent a page that it fills to about half at least, so that many that wait hold what they are long", () => {
  const pool = new PagePool();
  for (let size = 1; size <= largePageBytes + 1; size += 1_024) {
    const page = pool.takeForItem(size);
    if (page !== undefined) assert.ok(page.length >= size && page.length <= size * 2.1, `${page.length} for ${size}`);
  }
  const page = pool.takeForItem(65_541)!;
  assert.equal(page.length, itemPageBytes);
  pool.give(page);
  assert.equal(pool.takeForItem(40_000), page);
  assert.equal(pool.takeForItem(8_192), undefined);
  assert.equal(pool.takeForItem(largePageBytes + 1), undefined);
});
