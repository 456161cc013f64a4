import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { type NewConnection, tls } from "@rpc/core";
import { atEnd } from "../wire/ground/at-end.js";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { onTls } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { type Certified, certify } from "./certificates/certificate.js";

const root = certify({ name: "root", usage: "authority" });
const made = (name: string, by: Certified = root): Certified => certify({ name, by, altNames: ["IP:127.0.0.1"] });

/** A folder with a certificate and its key, which a renewal replaces as certbot and Kubernetes do. */
async function folder(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), "rpc-tls-"));
  atEnd(t, () => rm(path, { recursive: true }));
  const file = (name: string): string => join(path, name);
  const put = async (name: string, text: string): Promise<void> => {
    await writeFile(file(`${name}.new`), text);
    await rename(file(`${name}.new`), file(name));
  };
  return {
    put,
    renew: async ({ certificate, key }: Certified) => {
      await put("key.pem", key);
      await put("cert.pem", certificate);
    },
    files: { certificate: { file: file("cert.pem") }, key: { file: file("key.pem") } },
    ca: { file: file("ca.pem") },
  };
}

/** A client that connects anew with each call of `ask`, which resolves to the name of the certificate it was shown. */
function asking(t: TestContext, address: string) {
  const names: string[] = [];
  const onConnect = ({ stream }: NewConnection): void => {
    names.push(String((stream as TLSSocket).getPeerCertificate().subject.CN));
  };
  return async (): Promise<string> => {
    const { probe, connector } = calling(t, onTls(), address, {
      transports: { tls: tls({ ca: root.certificate }) },
      onConnect,
    });
    assert.equal(await probe.add(1, 2), 3);
    await connector.close();
    return names.at(-1)!;
  };
}

test("a certificate whose files are replaced is shown to the next connection, and those that are open live on", async (t) => {
  const { renew, files } = await folder(t);
  await renew(made("first"));
  const ground = { ...onTls(), transports: { tls: tls({ ...files, reloadMs: 0 }) } };
  const { address, server } = await serving(t, ground);
  const ask = asking(t, address);
  const { probe } = calling(t, ground, address, { transports: { tls: tls({ ca: root.certificate }) } });
  assert.equal(await probe.add(1, 2), 3);
  assert.equal(await ask(), "first");
  await renew(made("second"));
  assert.equal(await ask(), "second");
  assert.equal(await probe.add(3, 4), 7);
  assert.equal(server.connections, 1);
});

test("new files that are no good leave the old certificate in use: the log says once what is wrong, and good ones are taken later", async (t) => {
  const { renew, put, files } = await folder(t);
  await renew(made("first"));
  const ground = { ...onTls(), transports: { tls: tls({ ...files, reloadMs: 0 }) } };
  const { address, log } = await serving(t, ground);
  const ask = asking(t, address);
  const errors = (): readonly string[] =>
    log.filter(({ level }) => level === "error").map(({ fields }) => String(fields["error"]));
  const expired = certify({ name: "old", by: root, altNames: ["IP:127.0.0.1"], to: new Date(Date.now() - 1_000) });
  for (const [spoil, says] of [
    [() => put("cert.pem", made("second").certificate), /the key is not that of the certificate/],
    [() => put("cert.pem", "what a deploy tool left half written"), /certificate .* holds no PEM text/],
    [
      () => put("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      /certificate .*cannot be/,
    ],
    [() => renew(expired), /certificate has expired at .*: renew it/],
  ] as const) {
    await spoil();
    const before = errors().length;
    assert.equal(await ask(), "first");
    assert.equal(await ask(), "first");
    assert.equal(errors().length, before + 1, "said once");
    assert.match(errors().at(-1)!, says);
  }
  await renew(made("third"));
  assert.equal(await ask(), "third");
  for (const each of errors()) assert.doesNotMatch(each, /PRIVATE KEY/);
});

test("files are looked at no more often than reloadMs says, unless reload is called", async (t) => {
  const { renew, files } = await folder(t);
  await renew(made("first"));
  const transport = tls({ ...files, reloadMs: 3_600_000 });
  const { address } = await serving(t, { ...onTls(), transports: { tls: transport } });
  const ask = asking(t, address);
  assert.equal(await ask(), "first");
  await renew(made("second"));
  assert.equal(await ask(), "first");
  await transport.reload();
  assert.equal(await ask(), "second");
});

test("a reload of what is no good rejects, naming the file, and changes nothing", async (t) => {
  const { renew, put, files } = await folder(t);
  await renew(made("first"));
  const transport = tls({ ...files, reloadMs: 0 });
  const { address } = await serving(t, { ...onTls(), transports: { tls: transport } });
  await put("key.pem", "nothing");
  await assert.rejects(transport.reload(), {
    reason: "BAD_OPTION",
    message: /tls: key .*key\.pem.* holds no PEM text/,
  });
  assert.equal(await asking(t, address)(), "first");
});

test("a function is asked as files are, so that certificates may come from anywhere", async (t) => {
  let current = made("first");
  const transport = tls({ certificate: () => current.certificate, key: async () => current.key, reloadMs: 0 });
  const { address } = await serving(t, { ...onTls(), transports: { tls: transport } });
  const ask = asking(t, address);
  assert.equal(await ask(), "first");
  current = made("second");
  assert.equal(await ask(), "second");
});

test("clients of an authority that is not trusted any more are refused, also those that could resume a session", async (t) => {
  const { put, ca } = await folder(t);
  const other = certify({ name: "other", usage: "authority" });
  const server = made("server");
  await put("ca.pem", root.certificate);
  const transport = tls({
    certificate: server.certificate,
    key: server.key,
    ca,
    clientCertificates: "required",
    reloadMs: 0,
  });
  const { address } = await serving(t, { ...onTls(), transports: { tls: transport } });
  const client = certify({ name: "client", by: root, usage: "client" });
  const dialling = tls({ ca: root.certificate, certificate: client.certificate, key: client.key });
  const call = async (): Promise<number> => {
    const { probe, connector } = calling(t, onTls(), address, { transports: { tls: dialling } });
    try {
      return await probe.add(1, 2);
    } finally {
      await connector.close();
    }
  };
  assert.equal(await call(), 3);
  assert.equal(await call(), 3);
  await put("ca.pem", other.certificate);
  const error = await failed(call());
  assert.deepEqual([error.code, error.reason], ["unauthenticated", "TLS_VERIFY"]);
  await put("ca.pem", root.certificate + other.certificate);
  assert.equal(await call(), 3);
});

test("a client that trusts another authority now verifies again: no session from before is resumed", async (t) => {
  const { put, ca } = await folder(t);
  await put("ca.pem", root.certificate);
  const server = made("server");
  const { address } = await serving(t, {
    ...onTls(),
    transports: { tls: tls({ certificate: server.certificate, key: server.key }) },
  });
  const dialling = tls({ ca, reloadMs: 0 });
  const call = async (): Promise<number> => {
    const { probe, connector } = calling(t, onTls(), address, { transports: { tls: dialling } });
    try {
      return await probe.add(1, 2);
    } finally {
      await connector.close();
    }
  };
  assert.equal(await call(), 3);
  await put("ca.pem", certify({ name: "other", usage: "authority" }).certificate);
  assert.equal((await failed(call())).reason, "TLS_VERIFY");
});
