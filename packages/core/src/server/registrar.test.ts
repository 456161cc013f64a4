import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { silent } from "../contract/logger.js";
import type { Entry } from "../contract/registry.js";
import { createManualClock } from "../testing/manual-clock.js";
import { leasingRegistry } from "./leasing-registry.fixture.js";
import { Registrar } from "./registrar.js";

const entry: Entry = {
  service: "shop.Shop",
  id: "one",
  address: "memory://a",
  weight: 1,
  tags: { zone: "x" },
  inactive: false,
};

function registrar(entries: readonly Entry[] = [entry]) {
  const clock = createManualClock();
  const registry = leasingRegistry();
  const it = new Registrar({ registry, entries, clock, random: () => 0.5, logger: silent });
  return { clock, registry, it };
}

describe("the registration of a process", () => {
  test("that is lost is made again, and again, so that a server is not forgotten while it runs", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    for (let time = 1; time <= 3; time++) {
      await clock.advance(10_000);
      registry.leases.at(-1)?.lose();
      await clock.advance(1);
      assert.equal(registry.leases.length, time + 1);
      assert.deepEqual(registry.leases.at(-1)?.entries, [entry]);
    }
    await it.release(5_000);
    assert.equal(registry.leases.at(-1)?.released, true);
    assert.equal(clock.timers, 0);
  });

  test("is tried until it is taken, after waits that grow", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.refuse = true;
    registry.leases[0]?.lose();
    await clock.advance(60_000);
    assert.ok(registry.asked > 5 && registry.asked < 20, `asked ${registry.asked} times in a minute`);
    registry.refuse = false;
    await clock.advance(40_000);
    assert.equal(registry.leases.length, 2);
    await it.release(5_000);
    assert.equal(clock.timers, 0);
  });

  test("is made within 12 s once the registry is back, however long it was away", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.refuse = true;
    registry.leases[0]?.lose();
    await clock.advance(600_000);
    registry.refuse = false;
    await clock.advance(12_000);
    assert.equal(registry.leases.length, 2);
    await it.release(5_000);
  });

  test("that is lost at once each time is not made in a circle", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    for (let step = 0; step < 600; step++) {
      for (const lease of registry.leases) lease.lose();
      await clock.advance(100);
    }
    assert.ok(registry.asked > 5 && registry.asked < 20, `asked ${registry.asked} times in a minute`);
    await it.release(5_000);
    assert.equal(clock.timers, 0);
  });

  test("is released while it waits to be made again", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.leases[0]?.lose();
    await clock.advance(10);
    await it.release(5_000);
    await clock.advance(60_000);
    assert.deepEqual([registry.asked, clock.timers], [1, 0]);
  });

  test("that is refused at the first start is said to whoever starts", async () => {
    const { clock, registry, it } = registrar();
    registry.refuse = true;
    await assert.rejects(it.start(), /refused/);
    await clock.advance(60_000);
    assert.equal(registry.asked, 1);
    await it.release(5_000);
  });

  test("keeps what an operator changed of it when it is made again", async () => {
    const other: Entry = { ...entry, service: "shop.Other" };
    const { clock, registry, it } = registrar([entry, other]);
    await it.start();
    const changed = { ...entry, weight: 7, tags: { zone: "y" }, inactive: true };
    registry.say([{ ...entry, id: "somebody else", weight: 99 }, changed]);
    await clock.settle();
    registry.leases[0]?.lose();
    await clock.advance(200);
    assert.deepEqual(registry.leases[1]?.entries[0], changed);
    await it.release(5_000);
  });

  test("is not changed by a list that does not hold it", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.say([]);
    await clock.settle();
    registry.leases[0]?.lose();
    await clock.advance(200);
    assert.deepEqual(registry.leases[1]?.entries, [entry]);
    await it.release(5_000);
  });

  test("that is taken while it is released is taken back", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.hang = true;
    registry.leases[0]?.lose();
    await clock.advance(200);
    assert.equal(registry.asked, 2);
    const released = it.release(5_000);
    registry.hang = false;
    registry.answer();
    await released;
    assert.deepEqual(
      registry.leases.map((lease) => lease.released),
      [true, true],
    );
    assert.equal(clock.timers, 0);
  });

  test("is released though the registry is gone: a shutdown is not held up by an error", async () => {
    const { registry, it } = registrar();
    await it.start();
    registry.refuse = true;
    await it.release(5_000);
  });

  test("is released though the registry does not answer: a shutdown is held up for 5 s at most", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.hang = true;
    let released = false;
    const over = it.release(5_000).then(() => {
      released = true;
    });
    await clock.advance(5_001);
    const inTime = released;
    registry.answer();
    await over;
    assert.ok(inTime, "it waits for the registry for ever");
    assert.equal(clock.timers, 0);
  });

  test("is changed by its own process while it runs, and keeps that when it is made again", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    await it.setState({ weight: 3, group: "canary" });
    const changed = { ...entry, weight: 3, tags: { zone: "x", group: "canary" } };
    assert.deepEqual(registry.leases[0]?.entries, [changed]);
    registry.say([entry]); // from before the change, and late
    await clock.settle();
    registry.leases[0]?.lose();
    await clock.advance(200);
    assert.deepEqual(registry.leases[1]?.entries, [changed]);
    await it.release(5_000);
  });

  test("is changed once the registry can be told, where it cannot be told now", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    registry.refuse = true;
    await assert.rejects(it.setState({ inactive: true }), /gone/);
    registry.say([entry]);
    await clock.advance(10_000);
    assert.deepEqual(registry.leases[0]?.entries, [entry]);
    registry.refuse = false;
    await clock.advance(10_000);
    assert.deepEqual(registry.leases[0]?.entries, [{ ...entry, inactive: true }]);
    await it.release(5_000);
    assert.equal(clock.timers, 0);
  });

  test("is changed, and stays so, though it was only under way when its process said so", async () => {
    const { clock, registry, it } = registrar();
    registry.away = true;
    const started = it.start();
    await clock.advance(8_000);
    await started;
    registry.hang = true;
    registry.away = false;
    await clock.advance(30_000); // registering has begun
    await assert.rejects(it.setState({ inactive: true }), /told as soon as/);
    registry.hang = false;
    registry.answer();
    await clock.settle();
    registry.say([entry]); // what was registered before the change was known
    await clock.advance(60_000);
    assert.deepEqual(registry.leases[0]?.entries, [{ ...entry, inactive: true }]);
    await it.release(5_000);
    assert.equal(clock.timers, 0);
  });

  test("takes no change that cannot be", async () => {
    const { registry, it } = registrar();
    await it.start();
    await assert.rejects(it.setState({ weight: -1 }), TypeError);
    await assert.rejects(it.setState({ latitude: 100 }), TypeError);
    assert.deepEqual(registry.leases[0]?.entries, [entry]);
    await it.release(5_000);
  });

  test("whose registry is away at the start begins to serve after 5 s, and registers as soon as it can", async () => {
    const { clock, registry, it } = registrar();
    registry.away = true;
    let started = false;
    void it.start().then(() => {
      started = true;
    });
    await clock.advance(4_000);
    assert.equal(started, false);
    await clock.advance(4_000);
    assert.equal(started, true);
    registry.away = false;
    await clock.advance(30_000);
    assert.deepEqual(registry.leases[0]?.entries, [entry]);
    await it.release(5_000);
    assert.equal(registry.leases[0]?.released, true);
    assert.equal(clock.timers, 0);
  });

  test("whose registry is away for a moment at the start is made within it", async () => {
    const { clock, registry, it } = registrar();
    registry.away = true;
    const started = it.start();
    await clock.advance(1_000);
    registry.away = false;
    await clock.advance(1_000);
    await started;
    assert.equal(registry.leases.length, 1);
    await it.release(5_000);
  });

  test("of which an entry was taken away by hand, under a lease that lives on, is put back within 2 s", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    const [lease] = registry.leases;
    registry.say([entry]);
    await clock.settle();
    lease!.entries = [];
    registry.say([]);
    await clock.advance(2_001);
    assert.deepEqual(lease!.entries, [entry]);
    await it.release(5_000);
    assert.equal(clock.timers, 0);
  });

  test("that a list overlooked for a moment is left alone", async () => {
    const { clock, registry, it } = registrar();
    await it.start();
    const [lease] = registry.leases;
    registry.say([]);
    await clock.advance(500);
    lease!.entries = [];
    registry.say([entry]);
    await clock.advance(5_000);
    assert.deepEqual(lease!.entries, [], "nothing was written");
    await it.release(5_000);
  });
});
