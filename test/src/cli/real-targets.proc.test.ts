import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { bind, defineService, serve, tls, tokens } from "@rpc/core";
import { etcdRegistry } from "@rpc/registry-etcd";
import { etcdMissing, openEtcd } from "../servers/etcd.js";
import { certify } from "../trust/certificates/certificate.js";
import { atEnd } from "../wire/ground/at-end.js";

const command = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));

interface Stock {
  count(product: string): number;
}

const StockService = defineService<Stock>("Stock", { count: { idempotent: true } });
const stock = bind(StockService, { count: (product) => product.length });

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command. */
function rpc(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, ...argv], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ exitCode: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

test("rpc finds and calls what is registered in etcd, and says in one message that etcd is gone", {
  skip: etcdMissing,
}, async (t) => {
  const etcd = await openEtcd(t);
  const registry = etcdRegistry({ hosts: `http://127.0.0.1:${etcd.port}`, prefix: "shop" });
  const server = await serve({ services: [stock], registry, version: "7", instance: "stock-1", drainMs: 100 });
  atEnd(t, async () => {
    await server.close();
    await registry.close();
  });
  const env = { RPC_REGISTRY: `etcd://127.0.0.1:${etcd.port}/shop` };
  const [list, call, elsewhere, doctor] = await Promise.all([
    rpc(["list", "--json"], env),
    rpc(["call", "Stock.count", '"tea"'], env),
    rpc(["list", "--registry", `etcd://127.0.0.1:${etcd.port}/shop?cluster=other`]),
    rpc(["doctor", "--json"], env),
  ]);
  const [service] = JSON.parse(list.stdout).services;
  assert.deepEqual([service.name, service.instances[0].id, service.instances[0].version], ["Stock", "stock-1", "7"]);
  assert.deepEqual([call.exitCode, call.stdout, call.stderr], [0, "3\n", ""]);
  assert.deepEqual([elsewhere.exitCode, elsewhere.stdout], [0, ""]);
  assert.match(doctor.stdout, /"subject":"registry","state":"ok","found":"etcd:\/\/[^"]* answers: it has Stock"/);

  await etcd.stop();
  const gone = await rpc(["call", "Stock.count", '"tea"'], env);
  assert.deepEqual([gone.exitCode, gone.stdout], [3, ""]);
  assert.match(gone.stderr, /^rpc: the registry etcd:\/\/127\.0\.0\.1:\d+\/shop [^\n]*\n$/);
});

test("rpc shows its certificate and its token to a server that asks for both", async (t) => {
  const authority = certify({ name: "authority", usage: "authority" });
  const [shown, own] = [
    certify({ name: "server", altNames: ["IP:127.0.0.1"], usage: "server", by: authority }),
    certify({ name: "operator", altNames: [], usage: "client", by: authority }),
  ];
  const folder = await mkdtemp(join(tmpdir(), "rpc-cli-tls-"));
  atEnd(t, () => rm(folder, { recursive: true }));
  const files = { ca: authority.certificate, cert: own.certificate, key: own.key, token: "the token" };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const server = await serve({
    services: [stock],
    listen: "tls://127.0.0.1:0",
    transports: {
      tls: tls({
        certificate: shown.certificate,
        key: shown.key,
        ca: authority.certificate,
        clientCertificates: "required",
      }),
    },
    authenticate: tokens(["the token"]),
  });
  atEnd(t, () => server.close());
  const file = (name: string): string => join(folder, name);
  const call = (...options: string[]) => rpc(["call", "Stock.count", '"tea"', "--address", server.address, ...options]);
  const all = ["--ca", file("ca"), "--cert", file("cert"), "--key", file("key"), "--token-file", file("token")];
  const [good, without, unknown] = await Promise.all([call(...all), call(...all.slice(0, 6)), call(...all.slice(6))]);
  assert.deepEqual([good.exitCode, good.stdout, good.stderr], [0, "3\n", ""]);
  assert.equal(without.exitCode, 1);
  assert.match(without.stderr, /UNAUTHENTICATED/);
  assert.equal(unknown.exitCode, 3, "nobody that it knows has signed the server's certificate");
});
