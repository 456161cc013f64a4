import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import test, { type TestContext } from "node:test";
import {
  batch,
  bind,
  createClient,
  createDispatcher,
  currentCall,
  oneway,
  type Peer,
  RpcError,
  withOptions,
} from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { inMemory, onTcp } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { DeskService, PhoneService, phone, type Scene, type SceneOptions, scene } from "./desk.js";

/** A server, its client, and the client as the server's peer. */
async function connected(
  t: TestContext,
  options: SceneOptions = {},
  ground = inMemory(),
): Promise<Scene & { peer: Peer }> {
  const made = await scene(t, ground, options);
  await made.connector.ready(DeskService);
  await until("it is known", () => made.server.peers().length === 1);
  return { ...made, peer: made.server.peers()[0]! };
}

test("a call of a peer has a deadline, its own or that of the handler that makes it, and its handler hears when it is over", async (t) => {
  const aborted: string[] = [];
  const hang = (): Promise<string> => {
    const { signal } = currentCall();
    return new Promise((_, reject) =>
      signal!.addEventListener("abort", () => {
        aborted.push(String((signal!.reason as RpcError).code));
        reject(signal!.reason);
      }),
    );
  };
  const { desk, peer, connector } = await connected(t, {
    offer: { services: [bind(PhoneService, { ...phone, hang })], ambient: true },
    server: { handlers: { ask: () => createClient(PhoneService, currentCall().peer!.invoke).hang() } },
  });
  const own = await failed(withOptions(createClient(PhoneService, peer.invoke), { timeoutMs: 30 }).hang());
  assert.equal(own.code, "deadline_exceeded");
  // Or "yes", where the handler has heard of the deadline and answered before the caller's own timer.
  assert.notEqual(own.processed, "no");
  const inherited = await failed(withOptions(desk, { timeoutMs: 30 }).ask("when?"));
  assert.equal(inherited.code, "deadline_exceeded");
  const leaving = new AbortController();
  const left = failed(withOptions(createClient(PhoneService, peer.invoke), { signal: leaving.signal }).hang());
  await until("it runs", () => aborted.length === 2 && connector.stats().fromPeers.running === 1);
  leaving.abort();
  assert.equal((await left).code, "cancelled");
  await until("all were told", () => aborted.length === 3);
});

test("a connection that is lost fails a peer's calls at once: maybe what was written, no what was not, and nothing goes elsewhere", async (t) => {
  const streams: Duplex[] = [];
  const onConnect = ({ stream }: { readonly stream: Duplex }): void => void streams.push(stream);
  const { server, peer, connector } = await connected(t, { server: { onConnect } }, onTcp());
  const client = createClient(PhoneService, peer.invoke);
  await client.ring("hello");
  const written = failed(client.hang());
  await until("it runs", () => connector.stats().fromPeers.running === 1);
  streams[0]!.destroy();
  const error = await written;
  assert.deepEqual([error.code, error.processed, error.attempts], ["unavailable", "maybe", 1]);
  const late = await failed(client.ring("late"));
  assert.deepEqual([late.code, late.processed, late.attempts], ["unavailable", "no", 1]);
  await peer.closed;
  await until("it has dialled again", () => server.peers().length === 1);
  const [again] = server.peers();
  assert.ok(again !== peer && again!.instance === peer.instance);
  assert.equal(await createClient(PhoneService, again!.invoke).ring("back"), "back!");
});

test("what a peer rejects is tried again on the same connection, within a budget and through the interceptors of peerCalls", async (t) => {
  let rejections = 2;
  const seen: string[] = [];
  const { server, peer } = await connected(t, {
    server: {
      peerCalls: {
        interceptors: [
          (next) => (call) => {
            seen.push(call.method.path);
            return next(call);
          },
        ],
      },
    },
    offer: {
      services: [bind(PhoneService, phone)],
      admissions: [
        () =>
          rejections-- > 0
            ? new RpcError("resource_exhausted", "not now", { reason: "NOT_NOW", retryAfterMs: 1 })
            : undefined,
      ],
    },
  });
  assert.equal(await createClient(PhoneService, peer.invoke).ring("again"), "again!");
  assert.deepEqual(seen, ["/Phone/ring"]);
  const { calls, methods } = server.stats().toPeers;
  assert.deepEqual([calls.ok, calls.retries, methods["/Phone/ring"]?.calls], [1, 2, 1]);
  rejections = 1;
  const { server: strict, peer: refused } = await connected(t, {
    server: { peerCalls: { retry: false } },
    offer: {
      services: [bind(PhoneService, phone)],
      admissions: [() => new RpcError("resource_exhausted", "never", { reason: "NEVER" })],
    },
  });
  const error = await failed(createClient(PhoneService, refused.invoke).ring("once"));
  assert.deepEqual([error.reason, error.processed, error.attempts], ["NEVER", "no", 1]);
  assert.equal(strict.stats().toPeers.calls.reasons["NEVER"], 1);
});

test("oneway calls, batches, metadata, priorities, compression and classes of errors work towards a client as towards a server", async (t) => {
  class Busy extends RpcError {
    static override readonly reason = "BUSY";
  }
  const heard: unknown[] = [];
  const ring = (text: string): string => {
    const { metadata, priority } = currentCall();
    heard.push([text.length, metadata["zone"], priority]);
    currentCall().replyMetadata = { seen: "yes" };
    if (text === "busy") throw new Busy("aborted", "the line is busy");
    return text;
  };
  const { server, connector, peer } = await connected(t, {
    server: { compression: "deflate", errors: [Busy] },
    client: { compression: "deflate", errors: [Busy] },
    offer: { services: [bind(PhoneService, { ...phone, ring })], ambient: true },
  });
  const client = createClient(PhoneService, peer.invoke);
  await oneway(client).ring("one");
  const [first, second] = await batch({ timeoutMs: 1_000 }, (on) => [
    on(client).ring("two"),
    on(client).ring("three!"),
  ]);
  assert.deepEqual(
    [first, second].map((outcome) => outcome.status === "fulfilled" && outcome.value),
    ["two", "three!"],
  );
  let reply: unknown;
  const told = withOptions(client, {
    metadata: { zone: "eu" },
    priority: "critical",
    onReply: ({ metadata, endpoint }) => {
      reply = [metadata["seen"], endpoint?.address === peer.address];
    },
  });
  const long = "x".repeat(300_000);
  assert.equal(await told.ring(long), long);
  assert.deepEqual(reply, ["yes", true]);
  assert.ok((await failed(client.ring("busy"))) instanceof Busy);
  assert.deepEqual(heard, [
    [3, undefined, "normal"],
    [3, undefined, "normal"],
    [6, undefined, "normal"],
    [300_000, "eu", "critical"],
    [4, undefined, "normal"],
  ]);
  const { connections } = server.stats();
  const { writtenBytes } = connections[0]!.traffic;
  assert.ok(writtenBytes < 50_000, `${writtenBytes} bytes were written`);
  const [there] = connector.stats().connections;
  assert.deepEqual(
    [connections[0]!.made.calls, connections[0]!.made.failed, there!.served.calls, there!.served.failed],
    [5, 1, 5, 1],
  );
});

test("where a peer takes nothing more, peerCalls.whenFull decides, and the message names the option", async (t) => {
  for (const [whenFull, reason] of [
    ["refuse", "QUEUE_FULL"],
    ["evict", "QUEUE_EVICTED"],
  ] as const) {
    const { peer } = await connected(t, {
      server: { peerCalls: { whenFull }, limits: { sendQueueEntries: 2, inFlight: 1 } },
    });
    const client = createClient(PhoneService, peer.invoke);
    await client.ring("open");
    const calls = Array.from({ length: 4 }, () => failed(withOptions(client, { timeoutMs: 100 }).hang()));
    const reasons = (await Promise.all(calls)).map((error) => error.reason);
    assert.equal(reasons.filter((each) => each === reason).length, 1, reasons.join());
    assert.equal(reasons.indexOf(reason), whenFull === "refuse" ? 3 : 1);
  }
});

test("a listener of onPeer that throws, or rejects, is logged, and the peer is let in", async (t) => {
  const lines: string[] = [];
  const log = (line: string, fields?: object): void => void lines.push(`${line} ${JSON.stringify(fields)}`);
  const made = await scene(t, inMemory(), { server: { logger: { debug: log, info: log, warn: log, error: log } } });
  made.server.onPeer(() => {
    throw new Error("thrown here");
  });
  made.server.onPeer(() => Promise.reject(new RpcError("aborted", "rejected here")));
  assert.throws(() => made.server.onPeer(undefined as never), /onPeer wants a function/);
  assert.equal(await made.desk.add(1, 2), 3);
  await until("both are logged", () => lines.length === 2);
  assert.match(lines.join(), /a listener of onPeer failed.*thrown here.*a listener of onPeer failed.*rejected here/s);
});

test("within one process a handler's caller offers what createDispatcher is told", async () => {
  const caller = createDispatcher([bind(PhoneService, phone)]);
  const answers = {
    add: () => 0,
    down: () => 0,
    hang: () => "",
    ask: (text: string) => createClient(PhoneService, currentCall().peer!.invoke).ring(text),
  };
  const told = createDispatcher([bind(DeskService, answers)], [], { ambient: true, callerInvoke: caller.invoke });
  assert.equal(await createClient(DeskService, told.invoke).ask("you"), "you!");
  const untold = createDispatcher(
    [
      bind(DeskService, {
        ...answers,
        ask: async (text) => {
          const error = await failed(createClient(PhoneService, currentCall().peer!.invoke).ring(text));
          return `${error.reason} ${error.message}`;
        },
      }),
    ],
    [],
    { ambient: true },
  );
  assert.match(await createClient(DeskService, untold.invoke).ask("you"), /^NO_SERVICE .*callerInvoke/);
});
