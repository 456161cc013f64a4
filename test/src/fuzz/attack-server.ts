import { bind, defineService, memoryTransport, RpcError, type Server, serve, token } from "@rpc/core";
import { createManualClock, type ManualClock } from "@rpc/core/testing";
import { flagBits, kinds } from "../wire/raw/numbers.js";
import { credentialsIn } from "./blocks.js";
import { itemOf, rightToken, tokenOf } from "./conversation.js";
import type { FuzzCase } from "./fuzz-case.js";
import { mustEnd } from "./must-end.js";
import { answersOrEnds } from "./probe.js";
import { type Heard, responsesTo } from "./said.js";
import { StreamEnd } from "./stream-end.js";

/** What the library serves, and what its clients call. */
export interface Target {
  echo(value: unknown): unknown;
  fail(value: unknown): never;
  slow(value: unknown): unknown;
  again(value: unknown): unknown;
  /** Yields so many tokens. */
  flow(count: unknown): AsyncIterable<string>;
  /** Resolves to how many items there were. */
  sum(items: AsyncIterable<unknown>): Promise<number>;
  /** Yields what it reads. */
  talk(items: AsyncIterable<unknown>): AsyncIterable<unknown>;
}

export const TargetService = defineService<Target>("fuzz.Target", {
  echo: {},
  fail: {},
  slow: {},
  again: { idempotent: true },
  flow: { stream: "server" },
  sum: { stream: "client" },
  talk: { stream: "duplex" },
});

const address = "memory://target";
const guardedAddress = "memory://guarded";
/** Longer than a server takes for a hello from where many have shown wrong tokens. */
const hesitationMs = 1_100;
const never = new AbortController().signal;
const pingToken = Buffer.from("fuzzping");

/** A real server that is spoken to in raw frames, a connection for each case. */
export interface ServerTarget {
  readonly clock: ManualClock;
  /** Handlers that were begun and have not settled. */
  readonly running: number;
  readonly connections: number;
  /** Says a case; returns what it broke. */
  attack(fuzzCase: FuzzCase): Promise<string[]>;
  close(): Promise<void>;
}

export async function serverTarget(): Promise<ServerTarget> {
  const clock = createManualClock();
  const memory = memoryTransport();
  const echoed = new Set<unknown>();
  let running = 0;
  async function* counted<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    running++;
    try {
      yield* items;
    } finally {
      running--;
    }
  }
  const echo = (value: unknown): unknown => {
    echoed.add(value);
    return value;
  };
  const services = [
    bind(TargetService, {
      echo,
      again: echo,
      fail: (value) => {
        throw new RpcError("aborted", "as asked", { reason: "ASKED", details: value });
      },
      slow: (value) => {
        running++;
        return new Promise((resolve) => {
          clock.setTimer(() => {
            running--;
            resolve(value);
          }, 20);
        });
      },
      flow: (count) => counted(Array.from({ length: Math.min(Number(count) || 0, 1_000) }, (_, n) => itemOf(n))),
      async sum(items) {
        let count = 0;
        for await (const _ of counted(items)) count++;
        return count;
      },
      talk: (items) => counted(items),
    }),
  ];
  let ran = 0;
  const shared = { services, transports: { memory }, clock, drainMs: 100, compression: ["lz4", "deflate"] } as const;
  const open = await serve({ ...shared, listen: address });
  const guarded = await serve({
    ...shared,
    listen: guardedAddress,
    authenticate: token(rightToken),
    interceptors: [
      (next) => (call) => {
        ran++;
        return next(call);
      },
    ],
  });
  const servers: readonly Server[] = [open, guarded];
  return {
    clock,
    get running() {
      return running;
    },
    get connections() {
      return servers.reduce((sum, { connections }) => sum + connections, 0);
    },
    async attack({ steps, legal, guarded }) {
      const ranBefore = ran;
      const end = new StreamEnd(await memory.connect(guarded ? guardedAddress : address, never));
      for (const step of steps) {
        for (const bytes of step) end.write(bytes);
        await clock.settle();
        // Where others have failed before, a hello takes longer.
        if (guarded && step === steps[0]) await clock.advance(hesitationMs);
      }
      if (end.said.some(({ kind, target }) => kind === kinds.request && target === 2)) await clock.advance(25);
      const broken = answered(end, legal);
      const stranger = guarded && !showsToken(end.saidAsSent[0]);
      if (stranger && ran > ranBefore) broken.push("a handler ran for who did not show the right token");
      const why = mustEnd("dialler", end.saidAsSent, end.heard);
      if (why !== undefined && !end.over) broken.push(`it goes on after ${why}`);
      if (!(await answersOrEnds(end, clock, pingToken)))
        broken.push("it neither answers a ping nor ends the connection");
      if (stranger && !end.over) broken.push("it goes on with who did not show the right token");
      end.gone();
      await clock.settle();
      return broken;
    },
    async close() {
      const closed = Promise.all(servers.map((server) => server.close()));
      await clock.advance(2_000);
      await closed;
    },
  };
}

/** Whether a hello, if it is one, shows the right token in a field of it. */
function showsToken(hello: Heard | undefined): boolean {
  // What is no whole hello yet was shown to nobody; it is judged when it is there.
  if (hello === undefined || hello.kind !== kinds.hello) return true;
  return credentialsIn(hello).some((shown) => shown.toString("latin1") === rightToken);
}

const finals: ReadonlySet<number> = new Set([kinds.response, kinds.error, kinds.reject]);

/** Every answer is to a request, there is one at most, and it is that request's. */
function answered(end: StreamEnd, legal: boolean): string[] {
  const broken: string[] = [];
  const heard = end.heard;
  const asked = end.said;
  const requests = new Set(asked.filter(({ kind }) => kind === kinds.request).map(({ id }) => id));
  const answers = new Map<number, number>();
  for (const { kind, id, flags, target, rest } of heard) {
    if (kind === kinds.item && !requests.has(id)) broken.push(`an item came to ${id}, which was not asked`);
    const ends = kind === kinds.end && target === 0;
    // What opens a result is empty, and the end follows.
    const opens = kind === kinds.response && rest.length === 0;
    if (opens || !(ends || finals.has(kind))) continue;
    if ((flags & flagBits.acceptor) !== 0) broken.push(`an answer to ${id} says that the acceptor asked`);
    if (!requests.has(id)) broken.push(`an answer came to ${id}, which was not asked`);
    answers.set(id, (answers.get(id) ?? 0) + 1);
    if (answers.get(id) === 2) broken.push(`two answers came to ${id}`);
  }
  if (!legal) return broken;
  const cancelled = new Set(asked.filter(({ kind }) => kind === kinds.cancel).map(({ id }) => id));
  if (heard.some(({ kind }) => kind === kinds.close)) broken.push("what is right was answered by a close");
  for (const { kind, id, target } of asked) {
    if (kind !== kinds.request || cancelled.has(id)) continue;
    if (!answers.has(id)) broken.push(`${id} was not answered`);
    const [value] = responsesTo(id, heard);
    if (target === 0 && value !== undefined && !JSON.stringify(value).includes(`"${tokenOf(id)}"`)) {
      broken.push(`${id} was answered with ${JSON.stringify(value)}`);
    }
  }
  return broken;
}
