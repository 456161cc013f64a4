import assert from "node:assert/strict";
import { test } from "node:test";
import { type Admission, type Head, RpcError, tokens, withOptions } from "@rpc/core";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { hello, open, request } from "../wire/raw/frames.js";
import { raw } from "../wire/raw/raw.js";

const denied = (): RpcError => new RpcError("permission_denied", "you may not", { reason: "NOT_YOURS" });

test("a call is judged by who makes it, what it calls and its metadata; one that is refused never runs and is not retried", async (t) => {
  const ground = inMemory();
  const heads: Head[] = [];
  const { address, ran } = await serving(t, ground, {
    authenticate: tokens({ reader: "r", writer: "w" }),
    authorize(head) {
      heads.push(head);
      const mayWrite = head.peer.identity?.name === "writer" || head.metadata["ticket"] === "42";
      return head.method.name !== "echo" || mayWrite ? undefined : denied();
    },
  });
  const reader = calling(t, ground, address, { credentials: "r" }).probe;
  const writer = calling(t, ground, address, { credentials: "w" }).probe;
  assert.equal(await reader.add(1, 2), 3);
  assert.equal(await writer.echo("a"), "a");
  const error = await failed(reader.echo("b"));
  assert.deepEqual(
    [error.code, error.reason, error.processed, error.message, error.attempts],
    ["permission_denied", "NOT_YOURS", "no", "you may not", 1],
  );
  assert.equal(await withOptions(reader, { metadata: { ticket: "42" } }).echo("c"), "c");
  assert.deepEqual(
    ran.map(({ input }) => input[0]),
    [1, "a", "c"],
  );
  assert.deepEqual(
    heads.map(({ method, peer }) => `${peer.identity?.name} ${method.path}`),
    ["reader /Probe/add", "writer /Probe/echo", "reader /Probe/echo", "reader /Probe/echo"],
  );
});

test("a call is refused before its arguments are decoded and before any other admission is asked", async (t) => {
  const ground = inMemory();
  let asked = 0;
  const counting: Admission = () => {
    asked++;
    return undefined;
  };
  const { address } = await serving(t, ground, { authorize: denied, admissions: [counting] });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened");
  peer.send(request({ id: 2, body: Buffer.from("c1c1c1", "hex") }));
  await peer.expect("reject", { id: 2, code: "permission_denied", reason: "NOT_YOURS", processed: "no" });
  assert.equal(asked, 0);
});

test("a service may be opened by who may not call it: what it is told is the names of the methods", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { authorize: denied });
  const peer = await raw.greeted(t, address, ground.transport);
  peer.send(open("Probe", ["add"]));
  await peer.expect("opened", { id: 1 });
});

test("before a peer is authenticated it cannot even open a service", async (t) => {
  const ground = inMemory();
  const { address } = await serving(t, ground, { authenticate: tokens(["x"]) });
  const peer = await raw.client(t, address, ground.transport);
  peer.send(hello(), open("Probe", ["add"]));
  assert.equal(
    (await peer.rest()).some(({ kind }) => kind === "opened"),
    false,
  );
});

for (const [what, verdict] of [
  ["true", true],
  ["false", false],
  ["a promise", Promise.resolve(undefined)],
  ["a promise that is rejected", Promise.reject(new Error("too late"))],
] as const) {
  test(`an authorize that returns ${what} by mistake lets nobody in, and the log says what it should do`, async (t) => {
    if (verdict instanceof Promise) verdict.catch(() => {});
    const ground = inMemory();
    const { address, ran, log } = await serving(t, ground, { authorize: () => verdict as unknown as undefined });
    const error = await failed(calling(t, ground, address, { retry: false }).probe.add(1, 2));
    assert.deepEqual([error.code, error.reason, error.processed], ["internal", "ADMISSION_FAILED", "no"]);
    assert.equal(ran.length, 0);
    assert.ok(log.some(({ fields }) => String(fields["error"]).includes("returns an RpcError or undefined")));
  });
}
