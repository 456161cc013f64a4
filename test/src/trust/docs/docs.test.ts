import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, ReflectionService, serve, tls } from "@rpc/core";
import { atEnd } from "../../wire/ground/at-end.js";
import { failed } from "../../wire/ground/failed.js";
import { until } from "../../wire/ground/until.js";
import { type Certified, certify } from "../certificates/certificate.js";
import { GreeterService, greeter } from "./greeter.js";
import { serveMutually } from "./mutual-tls.js";
import { connectOverTls, serveOverTls } from "./over-tls.js";
import { serveToldToOperators } from "./reflection-restricted.js";
import { upgraded } from "./upgraded.js";
import { serveWatched } from "./watched.js";

const authority = certify({ name: "authority", usage: "authority" });

/** A folder with the certificate of a server, its key, and its authority's certificate. */
async function folderOf(t: TestContext, { certificate, key }: Certified): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rpc-docs-"));
  atEnd(t, () => rm(folder, { recursive: true }));
  await writeFile(join(folder, "cert.pem"), certificate);
  await writeFile(join(folder, "key.pem"), key);
  await writeFile(join(folder, "ca.pem"), authority.certificate);
  return folder;
}

const shown = (name: string, altNames: readonly string[], usage: "client" | "server"): Certified =>
  certify({ name, altNames, usage, by: authority });
const here = (address: string): string => address.replace("0.0.0.0", "127.0.0.1");

test("docs/security.md: a server over TLS with tokens is reached by who has one, and by nobody else", async (t) => {
  const folder = await folderOf(t, shown("server", ["IP:127.0.0.1"], "server"));
  const server = await serveOverTls(folder, "the token");
  atEnd(t, () => server.close());
  const good = connectOverTls(here(server.address), folder, "the token");
  const bad = connectOverTls(here(server.address), folder, "another");
  atEnd(t, () => Promise.all([good.close(), bad.close()]));
  assert.equal(await good.client(GreeterService).greet("TLS"), "Hello, TLS");
  assert.equal((await failed(bad.client(GreeterService).greet("TLS"))).code, "unauthenticated");
});

test("docs/security.md: what is served is told to operators alone", async (t) => {
  const server = await serveToldToOperators("of the shop", "of an operator");
  atEnd(t, () => server.close());
  const as = (credentials: string) => {
    const connector = connect({ address: server.address, credentials });
    atEnd(t, () => connector.close());
    return connector;
  };
  const shop = as("of the shop");
  assert.equal(await shop.client(GreeterService).greet("you"), "Hello, you");
  assert.equal((await failed(shop.client(ReflectionService).services())).code, "permission_denied");
  const [told] = await as("of an operator").client(ReflectionService).services();
  assert.equal(told?.name, "Greeter");
});

test("docs/security.md: with mutual TLS the certificate says who may call", async (t) => {
  const folder = await folderOf(t, shown("server", ["IP:127.0.0.1"], "server"));
  const server = await serveMutually(folder);
  atEnd(t, () => server.close());
  const greet = (client: Certified | undefined): Promise<string> => {
    const transport = tls({
      ca: authority.certificate,
      ...(client && { certificate: client.certificate, key: client.key }),
    });
    const connector = connect({ address: here(server.address), transports: { tls: transport } });
    atEnd(t, () => connector.close());
    return connector.client(GreeterService).greet("you");
  };
  assert.equal(await greet(shown("checkout", ["URI:spiffe://shop/checkout"], "client")), "Hello, you");
  const error = await failed(greet(shown("stock", ["URI:spiffe://shop/stock"], "client")));
  assert.deepEqual([error.code, error.message], ["permission_denied", "stock may not call /Greeter/greet"]);
  assert.equal((await failed(greet(undefined))).code, "unauthenticated");
});

test("docs/transports.md: connections are counted and refused by onConnect", async (t) => {
  const counts: number[] = [];
  const server = await serveWatched("10.1.2.3", (open) => counts.push(open));
  atEnd(t, () => server.close());
  const connector = connect({ address: server.address });
  assert.equal(await connector.client(GreeterService).greet("you"), "Hello, you");
  await connector.close();
  await until("it was counted out", () => counts.length === 2);
  assert.deepEqual(counts, [1, 0]);
});

test("docs/transports.md: an own transport of twenty-odd lines carries calls, long messages and drains", async (t) => {
  const transports = { http: upgraded };
  const server = await serve({ services: [greeter], listen: "http://127.0.0.1:0", transports });
  const connector = connect({ address: server.address, transports });
  atEnd(t, () => Promise.all([connector.close(), server.close()]));
  const client = connector.client(GreeterService);
  assert.deepEqual(await Promise.all(["a", "b"].map((name) => client.greet(name))), ["Hello, a", "Hello, b"]);
  const long = "x".repeat(1_000_000);
  assert.equal(await client.greet(long), `Hello, ${long}`);
  await server.close();
  assert.equal(server.connections, 0);
  const unreached = connect({ address: server.address, transports, connectMs: 200 });
  atEnd(t, () => unreached.close());
  const error = await failed(unreached.client(GreeterService).greet("nobody"));
  assert.deepEqual([error.code, error.processed], ["unavailable", "no"]);
});

test("docs/transports.md: an own transport that encrypts nothing is not listened with for other machines", async () => {
  await assert.rejects(serve({ services: [greeter], listen: "http://0.0.0.0:0", transports: { http: upgraded } }), {
    reason: "BAD_OPTION",
    message: /without encryption or authentication/,
  });
});

test("the transport that docs/transports.md shows is as long as it says", async () => {
  const page = await readFile(new URL("../../../../docs/transports.md", import.meta.url), "utf8");
  assert.match(page, /In twenty-odd lines/);
  const source = await readFile(new URL("../../../src/trust/docs/upgraded.ts", import.meta.url), "utf8");
  const body = source.slice(source.indexOf("export const")).trim().split("\n");
  assert.ok(body.length < 30, `${body.length} lines`);
});
