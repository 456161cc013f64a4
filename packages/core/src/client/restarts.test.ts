import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Server } from "../server/serve.js";
import { seededRandom } from "../testing/balancer-suite.js";
import { withOptions } from "./create-client.js";
import { endpointAt, listedRegistry } from "./listed-registry.fixture.js";
import { type Outcome, ShopService, simulation, turns } from "./simulation.fixture.js";

const names = ["a", "b", "c"];
const turnMs = 50;

describe("servers that come and go while they are called", () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`one of three restarts at a time, gently: no call fails, whatever the registry says when (seed ${seed})`, async (t) => {
      const { clock, serveShop, connect, outcome, finish } = simulation(t);
      const random = seededRandom(seed * 7_919);
      const registry = listedRegistry();
      const running = new Map<string, Server>();
      for (const name of names) running.set(name, await serveShop(name));
      const list = (): void => registry.say([...running.keys()].map((name) => endpointAt(`memory://${name}`)));
      list();
      const connector = connect({ registry, balancer: turns });
      const shop = withOptions(connector.client(ShopService), { timeoutMs: 5_000 });
      const calls: Promise<Outcome>[] = [];
      let closing: Promise<void> | undefined;
      let away: string | undefined;
      for (let now = 0; now < 20_000; now += turnMs) {
        for (let call = 0; call < 3; call++) {
          calls.push(outcome(random() < 0.5 ? shop.where() : shop.slow(Math.floor(random() * 400))));
        }
        if (away === undefined && random() < 0.1) {
          away = names[Math.floor(random() * names.length)]!;
          const server = running.get(away)!;
          running.delete(away);
          // Some registries tell before the server itself does, some after, and some watches break.
          if (random() < 0.5) list();
          closing = server.close();
        } else if (away !== undefined && random() < 0.1) {
          await finish(closing!);
          running.set(away, await serveShop(away));
          away = undefined;
          list();
        }
        if (random() < 0.05) list();
        if (random() < 0.03) registry.end(random() < 0.5 ? undefined : new Error("made up"));
        await clock.advance(turnMs);
      }
      await clock.advance(10_000);
      const outcomes = await Promise.all(calls);
      assert.ok(outcomes.length > 1_000);
      const failures = outcomes.flatMap(({ error }) => (error === undefined ? [] : [error.message]));
      assert.deepEqual(failures, []);
      assert.deepEqual([...new Set(outcomes.map(({ answer }) => answer))].sort(), names);
      await finish(connector.close());
    });
  }

  for (const seed of [1, 2, 3]) {
    test(`all of them, at any time and without grace: each call has one outcome in time, and "no" is never a lie (seed ${seed})`, async (t) => {
      const { clock, serveShop, connect, outcome, finish } = simulation(t);
      const random = seededRandom(seed * 104_729);
      const registry = listedRegistry();
      const running = new Map<string, Server>();
      const closing = new Set<string>();
      const ran = new Map<number, number>();
      const slow = (ms: number): Promise<string> => {
        const number = Math.floor(ms / 1_000);
        ran.set(number, (ran.get(number) ?? 0) + 1);
        return new Promise((resolve) => clock.setTimer(() => resolve("answer"), ms % 1_000));
      };
      const list = (): void => registry.say([...running.keys()].map((name) => endpointAt(`memory://${name}`)));
      list();
      const connector = connect({ registry, balancer: turns });
      const shop = withOptions(connector.client(ShopService), { timeoutMs: 2_000 });
      const calls: { number: number; madeAt: number; outcome: Promise<Outcome> }[] = [];
      for (let now = 0; now < 20_000; now += turnMs) {
        for (let call = 0; call < 3; call++) {
          const number = calls.length;
          const ms = number * 1_000 + Math.floor(random() * 200);
          calls.push({ number, madeAt: clock.now(), outcome: outcome(shop.slow(ms)) });
        }
        for (const name of names) {
          const server = running.get(name);
          if (server === undefined && !closing.has(name) && random() < 0.1) {
            running.set(name, await serveShop(name, { drainMs: 0 }, { slow }));
            list();
          } else if (server !== undefined && random() < 0.05) {
            running.delete(name);
            if (random() < 0.5) list();
            closing.add(name);
            void server.close().then(() => closing.delete(name));
          }
        }
        await clock.advance(turnMs);
      }
      await clock.advance(5_000);
      let answered = 0;
      for (const call of calls) {
        const { answer, error, at } = await call.outcome;
        assert.ok(at <= call.madeAt + 2_025, `call ${call.number} took ${at - call.madeAt} ms`);
        const times = ran.get(call.number) ?? 0;
        assert.ok(times <= 1, `call ${call.number} ran ${times} times`);
        if (answer !== undefined) answered++;
        else if (error?.processed === "no") assert.equal(times, 0, `call ${call.number}: ${error.message}`);
      }
      assert.ok(answered > calls.length / 2, `${answered} of ${calls.length} were answered`);
      await finish(connector.close());
    });
  }
});
