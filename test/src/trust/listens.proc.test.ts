import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";
import { serve, tls, token } from "@rpc/core";
import { certify } from "./certificates/certificate.js";

const listening = "0A";

/** Returns where this process listens, as host and port, by what the kernel says (`/proc`, as `ss -ltn` reads it). */
function listeners(): readonly string[] {
  const own = new Set(readdirSync("/proc/self/fd").map((fd) => inodeOf(fd)));
  return ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap((table) =>
    readFileSync(table, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === listening && own.has(columns[9]))
      .map((columns) => place(columns[1]!)),
  );
}

function inodeOf(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

/** An address of the table: the host's bytes as words of the machine, here little-endian. */
function place(said: string): string {
  const [host = "", port = ""] = said.split(":");
  const words = host.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => [...Buffer.from(word, "hex").reverse()]);
  return `${bytes.length === 4 ? bytes.join(".") : bytes.every((byte) => byte === 0) ? "::" : "ipv6"}:${Number.parseInt(port, 16)}`;
}

const invoke = async (): Promise<number> => 1;
const { certificate, key } = certify({ name: "a" });
const secure = { transports: { tls: tls({ certificate, key, ca: certificate, clientCertificates: "required" }) } };
const half = { transports: { tls: tls({ certificate, key }) } };
const authenticate = token("x");

test("a server that is just started can be reached from this machine only", async () => {
  const server = await serve({ invoke });
  assert.deepEqual(listeners(), [server.address.replace("tcp://", "")]);
  assert.match(listeners()[0]!, /^127\.0\.0\.1:\d+$/);
  await server.close();
  assert.deepEqual(listeners(), []);
});

for (const [title, options] of [
  ["over plain TCP", { listen: "tcp://0.0.0.0:0" }],
  ["over plain TCP, IPv6", { listen: "tcp://[::]:0" }],
  ["over plain TCP with authentication", { listen: "tcp://0.0.0.0:0", authenticate }],
  ["over TLS without authentication", { listen: "tls://0.0.0.0:0", ...half }],
] as const) {
  test(`a server for other machines ${title} does not start, and nothing listens meanwhile or after`, async () => {
    await assert.rejects(serve({ invoke, ...options }), { reason: "BAD_OPTION", message: /insecure: true/ });
    assert.deepEqual(listeners(), []);
  });
}

for (const [title, options] of [
  ["over TLS with a token", { listen: "tls://0.0.0.0:0", ...half, authenticate }],
  ["over TLS with client certificates", { listen: "tls://0.0.0.0:0", ...secure }],
  ["over plain TCP where it says that this is meant", { listen: "tcp://0.0.0.0:0", insecure: true }],
] as const) {
  test(`a server for other machines ${title} listens on all of its interfaces`, async () => {
    const server = await serve({ invoke, ...options });
    assert.match(listeners().join(), /^0\.0\.0\.0:\d+$/);
    await server.close();
    assert.deepEqual(listeners(), []);
  });
}
