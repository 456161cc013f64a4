import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { RpcError, withOptions } from "@rpc/core";
import { calling } from "./wire/ground/calling.js";
import { failed } from "./wire/ground/failed.js";
import { onTcp } from "./wire/ground/grounds.js";
import { firstId, meeting } from "./wire/ground/meeting.js";
import { serving } from "./wire/ground/serving.js";
import { until } from "./wire/ground/until.js";
import { pong, response } from "./wire/raw/frames.js";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/stats.md", root), "utf8");
const [snapshots = "", events = ""] = page.split("## Events");

/** The names in backticks of a row's first cell. */
const namesOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const rows = (part: string): string[][] =>
  [...part.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => row!.split(" | ").map((cell) => cell.trim()));

/** Every name of a field at any depth; what is keyed by names of the user's own is not looked into. */
function fieldsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const each of value) fieldsOf(each, found);
  else if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      found.add(name);
      if (name === "methods") for (const method of Object.values(inner as object)) fieldsOf(method, found);
      else if (!["codes", "reasons", "buckets"].includes(name)) fieldsOf(inner, found);
    }
  }
  return found;
}

describe("docs/stats.md", () => {
  test("has every field of the snapshots, and no other", async (t) => {
    const ground = onTcp();
    const { server, address } = await serving(t, ground);
    const { connector, probe } = calling(t, ground, address);
    await probe.nothing();
    const documented = new Set(rows(snapshots).flatMap(([names = ""]) => namesOf(names)));
    const real = fieldsOf([connector.stats(), server.stats()]);
    assert.deepEqual([...real].sort(), [...documented].sort());
  });

  test("has every channel with the fields of its event, and no other", async (t) => {
    const source = readFileSync(new URL("packages/core/src/session/diagnostics.ts", root), "utf8");
    const channels = [...source.matchAll(/channel\("([^"]+)"\)/g)].map(([, name]) => name!);
    const tables = rows(events);
    const documented = tables.filter(([name = ""]) => name.startsWith("`rpc:"));
    assert.deepEqual(documented.map(([name = ""]) => namesOf(name)[0]).sort(), channels.sort());

    const seen = new Map<string, Set<string>>();
    for (const name of channels) {
      const hear = (event: unknown): void => void seen.set(name, new Set(Object.keys(event as object)));
      subscribe(name, hear);
      t.after(() => unsubscribe(name, hear));
    }
    await everythingHappens(t);
    const explained = new Set(
      tables.filter(([name = ""]) => !name.startsWith("`rpc:")).flatMap(([names = ""]) => namesOf(names)),
    );
    for (const [name = "", , fields = ""] of documented) {
      const channel = namesOf(name)[0]!;
      assert.deepEqual([...(seen.get(channel) ?? [])], namesOf(fields), `the fields of ${channel}`);
      for (const field of namesOf(fields)) assert.ok(explained.has(field), `${field} is not explained`);
    }
  });
});

/** Makes each event happen once. */
async function everythingHappens(t: Parameters<typeof serving>[0]): Promise<void> {
  const ground = onTcp();
  const { server, address } = await serving(t, ground, {
    admissions: [({ method }) => (method.name === "echo" ? new RpcError("unavailable", "made up") : undefined)],
  });
  const { connector, probe } = calling(t, ground, address, { retry: false });
  await probe.nothing();
  await failed(probe.echo(1));
  const stranger = await ground.transport.connect(address, new AbortController().signal);
  stranger.on("error", () => {});
  stranger.write("GET / HTTP/1.1\r\n\r\n");
  await until("the stranger was refused", () => server.stats().accepts.failed === 1);
  stranger.destroy();
  await connector.close();
  const silent = await meeting(t, ground, { keepAlive: { suspectAfterMs: 1, suspectTimeoutMs: 1 } });
  const late = withOptions(silent.probe, { timeoutMs: 5_000 }).nothing();
  await silent.peer.expect("request", { id: firstId });
  await until("the peer is suspect", () => silent.connector.stats().connections[0]?.suspect === true);
  silent.peer.send(pong(), response(firstId));
  await late;
}
