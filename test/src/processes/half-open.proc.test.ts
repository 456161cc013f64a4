import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Balancer, type ConnectionEvent, connect, withOptions } from "@rpc/core";
import { atEnd } from "../wire/ground/at-end.js";
import { failed } from "../wire/ground/failed.js";
import { listing } from "../wire/ground/listing.js";
import { ownTime } from "../wire/ground/own-time.js";
import { until } from "../wire/ground/until.js";
import { openServer, type ServerProcess } from "./open-server.fixture.js";
import { WorkService } from "./server.fixture.js";

/** Addresses for tests, of the block that RFC 2544 keeps for benchmarks. */
const networkOf = (number: number): string => `198.18.${(process.pid + number) % 250}`;

/** Why network namespaces cannot be had here; undefined where they can. */
const skip = missing();

function missing(): string | false {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "making network namespaces takes root";
  const name = `rpc-try-${process.pid}`;
  try {
    ip("netns", "add", name);
    ip("link", "add", `rt${process.pid % 10_000}`, "type", "veth", "peer", "name", "there", "netns", name);
    return false;
  } catch (cause) {
    return `network namespaces cannot be made here (package iproute2): ${String((cause as Error).message).split("\n")[0]}`;
  } finally {
    try {
      ip("netns", "del", name);
    } catch {
      // There is none.
    }
  }
}

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}

interface Away {
  readonly server: ServerProcess;
  /** Takes the link away, so that whatever is sent is lost without a word. */
  cut(): void;
}

let made = 0;

/** Starts a server behind a link of its own. */
async function away(t: TestContext): Promise<Away> {
  const number = ++made;
  const network = networkOf(number);
  const name = `rpc-test-${process.pid}-${number}`;
  const near = `rp${process.pid % 10_000}-${number}`;
  ip("netns", "add", name);
  atEnd(t, () => ip("netns", "del", name));
  ip("link", "add", near, "type", "veth", "peer", "name", "there", "netns", name);
  ip("addr", "add", `${network}.1/24`, "dev", near);
  ip("link", "set", near, "up");
  ip("-n", name, "addr", "add", `${network}.2/24`, "dev", "there");
  ip("-n", name, "link", "set", "there", "up");
  const server = await openServer(t, { listen: `tcp://${network}.2:0` }, ["ip", "netns", "exec", name]);
  return { server, cut: () => ip("-n", name, "link", "set", "there", "down") };
}

test("a link that goes down under load: the server behind it is suspected within 1.5 s, its calls are made elsewhere, and it is left within 10.5 s", {
  skip,
}, async (t) => {
  const { server, cut } = await away(t);
  const other = await openServer(t);
  const list = listing();
  list.set(server.address, other.address);
  let used: readonly string[] = [];
  const turns: Balancer = () => {
    let next = 0;
    return (ready) => {
      used = ready.map(({ endpoint }) => endpoint.address);
      return (call) => {
        const left = ready.filter(({ endpoint }) => !call.route?.except?.includes(endpoint.id));
        return (left.length > 0 ? left : ready)[next++ % Math.max(1, left.length)]!;
      };
    };
  };
  const closed: string[] = [];
  const onClosed = (event: unknown): void => void closed.push((event as ConnectionEvent).address);
  subscribe("rpc:connection:closed", onClosed);
  atEnd(t, () => unsubscribe("rpc:connection:closed", onClosed));
  const connector = connect({ registry: list.registry, balancer: turns });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  await work.again(Date.now() + 10_000);
  await until("both are used", () => used.length === 2);
  const time = ownTime();
  atEnd(t, () => time.stop());
  cut();
  const cutAt = time.now();
  const calls = Array.from({ length: 20 }, () => work.again(Date.now() + 10_000));
  await until("it is suspected", () => !used.includes(server.address));
  const suspectedMs = time.now() - cutAt;
  assert.ok(suspectedMs < 1_500, `suspected after ${suspectedMs} ms`);
  await Promise.all(calls);
  while (!closed.includes(server.address)) {
    assert.ok(time.now() - cutAt < 10_750, "it is still connected");
    await delay(50);
  }
});

test("a link that goes down while nothing is going on: the first call that does not come back in time is told so", {
  skip,
}, async (t) => {
  const { server, cut } = await away(t);
  const connector = connect({ address: server.address, keepAlive: { idleMs: 2_000, timeoutMs: 1_000 } });
  atEnd(t, () => connector.close());
  const work = connector.client(WorkService);
  await work.again(Date.now() + 10_000);
  cut();
  const cutAt = performance.now();
  const error = await failed(withOptions(work, { timeoutMs: 1_000 }).again(Date.now() + 1_000));
  assert.ok(["deadline_exceeded", "unavailable"].includes(error.code), error.code);
  assert.ok(performance.now() - cutAt < 1_100);
});
