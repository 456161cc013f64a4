import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { draftName, leaseName, leaseOf, newLeaseId, parseName, patchName } from "./file-names.js";

describe("file names", () => {
  test("say what they were made of", () => {
    const number = fc.integer({ min: 0, max: 999_999_999 });
    fc.assert(
      fc.property(number, number, number, (revision, place, count) => {
        const lease = newLeaseId();
        assert.deepEqual(parseName(leaseName(lease, revision)), { kind: "lease", lease, revision });
        assert.deepEqual(parseName(patchName(lease, revision, place, count)), {
          kind: "patch",
          lease,
          revision,
          place,
          count,
        });
      }),
    );
  });

  test("belong to one lease each, drafts and heartbeats too", () => {
    const lease = newLeaseId();
    for (const name of [lease, draftName(lease), leaseName(lease, 3), patchName(lease, 3, 0, 1)])
      assert.equal(leaseOf(name), lease);
  });

  test("that are not ours are left alone", () => {
    const lease = newLeaseId();
    const foreign = [
      "",
      ".",
      "..",
      "README",
      "lease",
      `${lease}.1.lease~`,
      `.${lease}.1.lease`,
      `${lease}.-1.lease`,
      `${lease}.1.0.patch`,
    ];
    for (const name of [...foreign, `${lease.toUpperCase()}G.1.lease`, `${lease}0.1.lease`])
      assert.equal(parseName(name), undefined, name);
    for (const name of ["", "README", `${lease}0`, `x${lease}`]) assert.equal(leaseOf(name), undefined, name);
  });

  test("of two leases never meet", () => {
    const ids = new Set(Array.from({ length: 10_000 }, newLeaseId));
    assert.equal(ids.size, 10_000);
  });
});
