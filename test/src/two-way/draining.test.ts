import assert from "node:assert/strict";
import test from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { bind, createClient, currentCall, type RpcError } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { DeskService, deskServer, PhoneService, phone, phoneClient, scene } from "./desk.js";

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

test("a server that drains lets its handlers call back, and their callees call back again, to the last one", async (t) => {
  const wait = gate();
  const { server, desk } = await scene(t, inMemory(), {
    server: {
      handlers: {
        ask: async () => {
          await wait.opened;
          return String(await createClient(PhoneService, currentCall().peer!.invoke).down(10));
        },
      },
    },
  });
  const asked = desk.ask("how deep?");
  await until("it is asked", () => server.stats().running === 1);
  const closed = server.close();
  await until("the client has seen the advice", () => server.peers().length === 0);
  for (let turns = 0; turns < 20; turns++) await turn();
  wait.open();
  assert.equal(await asked, "10");
  await closed;
});

test("a client that closes finishes what its server asked of it, and lets the handlers of its own calls call it", async (t) => {
  const [askedPhone, askedDesk] = [gate(), gate()];
  const ground = inMemory();
  const server = await deskServer(t, ground, {
    handlers: {
      ask: async (question) => {
        await askedDesk.opened;
        return createClient(PhoneService, currentCall().peer!.invoke).ring(question);
      },
    },
  });
  const slow = { ...phone, hang: () => askedPhone.opened.then(() => "at last") };
  const connector = phoneClient(t, ground, server.address, {}, [bind(PhoneService, slow)]);
  const asked = connector.client(DeskService).ask("still there");
  await until("it is connected", () => server.peers().length === 1);
  const [peer] = server.peers();
  const hung = createClient(PhoneService, peer!.invoke).hang();
  await until("it is asked", () => connector.stats().fromPeers.running === 1);
  const closed = connector.close();
  await until("the server was told", () => !peer!.ready);
  askedDesk.open();
  assert.equal(await asked, "still there!");
  askedPhone.open();
  assert.equal(await hung, "at last");
  await closed;
  await peer!.closed;
  const late = await failed(createClient(PhoneService, peer!.invoke).ring("too late"));
  assert.deepEqual([late.code, late.processed, late.attempts], ["unavailable", "no", 1]);
});

test("in two hundred drains of either end, under calls both ways, each call is answered or certainly never ran", async (t) => {
  for (let round = 0; round < 200; round++) {
    const ground = inMemory();
    const ran = new Set<string>();
    const note = (what: string): string => {
      ran.add(what);
      return what;
    };
    const later = (what: string): Promise<string> => turn().then(() => note(what));
    const server = await deskServer(t, ground, { handlers: { ask: later } });
    const connector = phoneClient(t, ground, server.address, { retry: false }, [
      bind(PhoneService, { ...phone, ring: later }),
    ]);
    const desk = connector.client(DeskService);
    await desk.add(1, 1);
    const [peer] = server.peers();
    const bell = createClient(PhoneService, peer!.invoke);
    const outcomes: Promise<void>[] = [];
    const judge = (what: string, answer: Promise<string>): void => {
      outcomes.push(
        answer.then(
          (said) => assert.equal(said, what),
          (error: RpcError) =>
            assert.deepEqual([error.code, error.processed, ran.has(what)], ["unavailable", "no", false]),
        ),
      );
    };
    let closed: Promise<unknown> | undefined;
    for (let n = 0; n < 12; n++) {
      judge(`up ${n}`, desk.ask(`up ${n}`));
      judge(`down ${n}`, bell.ring(`down ${n}`));
      if (n === round % 11) {
        const both = round % 3 === 2;
        closed = Promise.all([
          round % 3 === 0 || both ? server.close() : undefined,
          round % 3 === 1 || both ? connector.close() : undefined,
        ]);
      }
      if ((n + round) % 4 === 0) await turn();
      else if ((n + round) % 3 === 0) await null;
    }
    await closed;
    // What found no server any more waits for another one.
    await connector.close();
    await Promise.all(outcomes);
    assert.equal(outcomes.length, 24);
    // Who was there before the end was announced is served.
    assert.ok(ran.has("up 0") && ran.has("down 0"));
    await server.close();
  }
});
