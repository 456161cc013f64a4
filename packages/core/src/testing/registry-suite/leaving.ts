import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Lease } from "../../contract/index.js";
import { follow } from "./follow.js";
import { entryOf, never, type OpenRegistry, withViews } from "./opened.js";

/** What leaves takes its own entries along, and nobody else's. */
export function leavingTests(name: string, open: OpenRegistry): void {
  const ids = async (registry: { list: Awaited<ReturnType<OpenRegistry>>["registry"]["list"] }, service = "Prices") =>
    (await registry.list(service, never)).map(({ id }) => id);

  describe(`${name}: leaving`, () => {
    test(
      "after a release nobody lists the instance, under any of its services",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([entryOf("Prices", "p-1"), entryOf("Stock", "p-1")]);
        await theirs.register([entryOf("Prices", "p-2")]);
        await lease.release();
        assert.deepEqual(await ids(theirs), ["p-2"]);
        assert.deepEqual(await ids(theirs, "Stock"), []);
        assert.deepEqual(await ids(mine), ["p-2"]);
      }),
    );

    test(
      "a lease can be released twice, also at the same time",
      withViews(open, async ({ mine }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        await Promise.all([lease.release(), lease.release()]);
        await lease.release();
        assert.deepEqual(await ids(mine), []);
      }),
    );

    test(
      "a released lease cannot be updated back into the list",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        await lease.release();
        await assert.rejects(lease.update([entryOf("Prices", "p-1")]));
        assert.deepEqual(await ids(theirs), []);
      }),
    );

    test(
      "an update that is under way does not bring back what is released after it",
      withViews(open, async ({ mine, theirs }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        const updated = lease.update([entryOf("Prices", "p-1", { weight: 3 })]).catch(() => {});
        await lease.release();
        await updated;
        assert.deepEqual(await ids(theirs), []);
      }),
    );

    test(
      "a release is no loss, and neither is a close",
      withViews(open, async ({ mine, theirs }) => {
        const released = await mine.register([entryOf("Prices", "p-1")]);
        const closed = await theirs.register([entryOf("Prices", "p-2")]);
        await released.release();
        await theirs.close();
        assert.equal(await isLost(released), false);
        assert.equal(await isLost(closed), false);
      }),
    );

    test(
      "after a restart at the same address the old instance's release does not take the new one away",
      withViews(open, async ({ mine, theirs, again }) => {
        const address = "tcp://127.0.0.1:7001";
        const old = await mine.register([entryOf("Prices", "start-1", { address })]);
        await theirs.register([entryOf("Prices", "start-2", { address })]);
        assert.deepEqual(new Set(await ids(await again())), new Set(["start-1", "start-2"]));
        await old.release();
        assert.deepEqual(await ids(await again()), ["start-2"]);
      }),
    );

    test(
      "an instance registered again under a new lease is listed once, and its former lease no longer matters",
      withViews(open, async ({ mine, theirs }) => {
        const former = await mine.register([entryOf("Prices", "p-1", { weight: 1 })]);
        const present = await mine.register([entryOf("Prices", "p-1", { weight: 2 })]);
        assert.deepEqual(
          (await theirs.list("Prices", never)).map(({ weight }) => weight),
          [2],
        );
        await former.release();
        assert.deepEqual(
          (await theirs.list("Prices", never)).map(({ weight }) => weight),
          [2],
        );
        await present.release();
        assert.deepEqual(await ids(theirs), []);
      }),
    );

    test(
      "close releases what its own view registered and leaves others' entries",
      withViews(open, async ({ mine, theirs, again }) => {
        await mine.register([entryOf("Prices", "p-1")]);
        await mine.register([entryOf("Stock", "p-1")]);
        await theirs.register([entryOf("Prices", "p-2")]);
        await mine.close();
        const third = await again();
        assert.deepEqual(await ids(third), ["p-2"]);
        assert.deepEqual(await ids(third, "Stock"), []);
        assert.deepEqual(await ids(theirs), ["p-2"]);
      }),
    );

    test(
      "a registry can be closed twice, also at the same time, and with leases already released",
      withViews(open, async ({ mine }) => {
        const lease = await mine.register([entryOf("Prices", "p-1")]);
        await lease.release();
        await Promise.all([mine.close(), mine.close()]);
        await mine.close();
        await lease.release();
      }),
    );

    test(
      "close ends watches without a throw",
      withViews(open, async ({ mine, theirs }) => {
        const prices = follow(mine.watch("Prices", never));
        const services = follow(mine.services(never));
        const others = follow(theirs.watch("Prices", never));
        await Promise.all([prices.next(), services.next(), others.next()]);
        await Promise.all([prices.end(), services.end(), mine.close()]);
        await theirs.register([entryOf("Prices", "p-1")]);
        await others.until((list) => list.length === 1);
      }),
    );

    test(
      "a closed registry refuses work instead of hanging",
      withViews(open, async ({ mine, theirs }) => {
        await theirs.register([entryOf("Prices", "p-1")]);
        await mine.close();
        await assert.rejects(mine.register([entryOf("Prices", "p-2")]));
        await assert.rejects(mine.list("Prices", never));
        await assert.rejects(mine.setState("Prices", "p-1", { inactive: true }));
        await assert.rejects(follow(mine.watch("Prices", never)).next());
        assert.deepEqual(await ids(theirs), ["p-1"]);
      }),
    );

    test(
      "what is being registered while the registry closes does not stay behind",
      withViews(open, async ({ mine, theirs }) => {
        const registered = mine.register([entryOf("Prices", "p-1")]).catch(() => {});
        await mine.close();
        await registered;
        assert.deepEqual(await ids(theirs), []);
      }),
    );
  });
}

/** Whether a lease has been lost, after everything that was due has run. */
async function isLost(lease: Lease): Promise<boolean> {
  let lost = false;
  void lease.lost.then(() => {
    lost = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return lost;
}
