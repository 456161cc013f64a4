import assert from "node:assert/strict";
import { test } from "node:test";
import { RpcError, type TlsOptions, tls } from "@rpc/core";
import { calling } from "../wire/ground/calling.js";
import { failed } from "../wire/ground/failed.js";
import { type Ground, onTcp, onTls } from "../wire/ground/grounds.js";
import { serving } from "../wire/ground/serving.js";
import { until } from "../wire/ground/until.js";
import { hello } from "../wire/raw/frames.js";
import { raw } from "../wire/raw/raw.js";
import { type CertificateParts, certify } from "./certificates/certificate.js";
import { tlsServer } from "./tls-server.js";

const hour = 3_600_000;
const root = certify({ name: "root", usage: "authority" });
const stranger = certify({ name: "stranger", usage: "authority" });
const altNames = ["IP:127.0.0.1", "DNS:localhost"];
const { signal } = new AbortController();

async function refusedBy(options: TlsOptions, address: string): Promise<RpcError> {
  const outcome = await tls(options)
    .connect(address, signal)
    .catch((error: unknown) => error);
  assert.ok(outcome instanceof RpcError, "it connected");
  return outcome;
}

const bad: readonly (readonly [what: string, parts: CertificateParts, says: RegExp])[] = [
  [
    "has expired",
    { name: "a", by: root, altNames, from: new Date(Date.now() - 2 * hour), to: new Date(Date.now() - hour) },
    /its certificate has expired: renew it/,
  ],
  [
    "is not valid yet",
    { name: "a", by: root, altNames, from: new Date(Date.now() + hour), to: new Date(Date.now() + 2 * hour) },
    /is not valid yet: compare the clocks/,
  ],
  [
    "is for another name",
    { name: "127.0.0.1", by: root, altNames: ["DNS:other.example"] },
    /for other names \(DNS:other\.example\).*serverName/,
  ],
  ["has no name but its subject's", { name: "127.0.0.1", by: root }, /for other names/],
  ["is self-signed", { name: "a", altNames }, /is self-signed and not trusted here: give it in the option `ca`/],
  ["was signed by a stranger", { name: "a", by: stranger, altNames }, /signed by an authority that is not known here/],
  [
    "is meant for clients",
    { name: "a", by: root, altNames, usage: "client" },
    /not meant for this usage: .*serverAuth/,
  ],
  [
    "was signed by a certificate that is none of an authority",
    { name: "a", by: certify({ name: "leaf", by: root }), altNames },
    /authority/,
  ],
];

for (const [what, parts, says] of bad) {
  test(`a server whose certificate ${what} is sent nothing: TLS_VERIFY, processed "no", and what to do`, async (t) => {
    const { certificate, key } = certify(parts);
    const server = await tlsServer(t, { cert: certificate, key });
    const error = await refusedBy({ ca: root.certificate }, server.address);
    assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "TLS_VERIFY", "no"]);
    assert.match(error.message, says);
    assert.equal(error.endpoint, server.address);
    assert.equal(server.received, 0);
  });
}

test("calls to a server that cannot be verified fail at once, with the same error", async (t) => {
  const { certificate, key } = certify({ name: "a", altNames });
  const server = await tlsServer(t, { cert: certificate, key });
  const { probe } = calling(t, onTls(), server.address);
  const error = await failed(probe.add(1, 2));
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "TLS_VERIFY", "no"]);
  assert.match(error.message, /Probe at tls:.* is self-signed/);
  assert.equal(server.received, 0);
});

test("the name comes from the address, or from serverName", async (t) => {
  const { certificate, key } = certify({ name: "a", by: root, altNames: ["DNS:localhost", "DNS:shop.internal"] });
  const server = await tlsServer(t, { cert: certificate, key });
  const port = server.address.split(":").at(-1);
  for (const [address, options] of [
    [`tls://localhost:${port}`, {}],
    [server.address, { serverName: "shop.internal" }],
    [server.address, { serverName: "localhost" }],
  ] as const) {
    const stream = await tls({ ca: root.certificate, ...options }).connect(address, signal);
    stream.on("error", () => {}).destroy();
  }
  assert.equal(
    (await refusedBy({ ca: root.certificate, serverName: "b.example" }, server.address)).reason,
    "TLS_VERIFY",
  );
  assert.equal((await refusedBy({ ca: root.certificate }, server.address)).reason, "TLS_VERIFY");
});

test("nothing older than TLS 1.3 is spoken, by neither side", async (t) => {
  const { certificate, key } = certify({ name: "a", by: root, altNames });
  const old = await tlsServer(t, { cert: certificate, key, maxVersion: "TLSv1.2" });
  const error = await refusedBy({ ca: root.certificate }, old.address);
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "TLS_HANDSHAKE", "no"]);
  assert.match(error.message, /does not speak TLS 1\.3/);

  const { connect } = await import("node:tls");
  const { address, log, server } = await serving(t, onTls());
  const port = Number(address.split(":").at(-1));
  const code = await new Promise((resolve) => {
    connect({ host: "127.0.0.1", port, ca: root.certificate, maxVersion: "TLSv1.2", rejectUnauthorized: true })
      .on("secureConnect", () => resolve("connected"))
      .on("error", (cause: NodeJS.ErrnoException) => resolve(cause.code));
  });
  assert.match(String(code), /PROTOCOL_VERSION/);
  await until("the log says it", () => log.some(({ fields }) => /TLS 1\.3/.test(String(fields["detail"]))));
  assert.equal(server.connections, 0);
});

test("a server of another protocol over TLS is told by its name", async (t) => {
  const { certificate, key } = certify({ name: "a", by: root, altNames });
  const http2 = await tlsServer(t, { cert: certificate, key, ALPNProtocols: ["h2"] });
  const error = await refusedBy({ ca: root.certificate }, http2.address);
  assert.equal(error.reason, "TLS_HANDSHAKE");
  assert.match(error.message, /speaks another protocol over TLS: compare the option `alpn`/);
  const stream = await tls({ ca: root.certificate, alpn: "h2" }).connect(http2.address, signal);
  stream.on("error", () => {}).destroy();
});

test("a client that forgets TLS, and one that speaks it to a plain server, learn it from the error", async (t) => {
  const encrypted = await serving(t, onTls());
  const settings = { retry: false, timeoutMs: 400 } as const;
  const forgot = calling(t, onTcp(), encrypted.address.replace("tls:", "tcp:"), settings);
  await failed(forgot.probe.add(1, 2));
  const stream = await raw.client(t, encrypted.address.replace("tls:", "tcp:"));
  stream.send(hello());
  await stream.expectEnd();
  const detail = (): string => JSON.stringify(encrypted.log);
  assert.match(detail(), /it does not speak TLS .*does it connect to tcp:\/\/\?/);

  const plain = await serving(t, onTcp());
  const error = await refusedBy({ ca: root.certificate }, plain.address.replace("tcp:", "tls:"));
  assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "TLS_HANDSHAKE", "no"]);
  assert.match(error.message, /if it does not speak TLS, write tcp:\/\//);
});

test("the error of a client that forgot TLS says what it could have forgotten", async (t) => {
  const { address } = await serving(t, onTls());
  const { probe } = calling(t, onTcp(), address.replace("tls:", "tcp:"), { retry: false });
  const error = await failed(probe.add(1, 2));
  assert.equal(error.processed, "no");
  assert.match(error.message, /did not answer the hello: .*; if it wants TLS, write tls:\/\//);
});

/** A ground whose server wants certificates of `root`, and whose client shows this one. */
function mutual(shown: CertificateParts | undefined): Ground {
  const server = certify({ name: "server", by: root, altNames });
  const client = shown && certify(shown);
  const serving = tls({
    certificate: server.certificate,
    key: server.key,
    ca: root.certificate,
    clientCertificates: "required",
  });
  const dialling = tls({
    ca: root.certificate,
    ...(client && { certificate: () => client.certificate, key: () => client.key }),
  });
  const transport = { ...serving, connect: dialling.connect };
  return { name: "tls", transport, transports: { tls: transport }, listen: "tls://127.0.0.1:0" };
}

test("a client whose certificate is good is served, and handlers and the authoriser see who it is", async (t) => {
  const seen: unknown[] = [];
  const ground = mutual({ name: "orders", by: root, usage: "client", altNames: ["URI:spiffe://shop/orders", "DNS:o"] });
  const { address, ran } = await serving(t, ground, {
    authorize: ({ peer }) => void seen.push(peer.certificate?.altNames),
    authenticate: (_credentials, { certificate }) => ({ name: certificate?.commonName ?? "" }),
  });
  const { probe } = calling(t, ground, address);
  assert.equal(await probe.add(1, 2), 3);
  const { certificate, identity } = ran[0]?.peer ?? {};
  assert.deepEqual([identity, certificate?.commonName], [{ name: "orders" }, "orders"]);
  assert.deepEqual(certificate?.altNames, ["URI:spiffe://shop/orders", "DNS:o"]);
  assert.match(certificate.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.ok(Math.abs(certificate.expiresAt - Date.now() - hour) < 60_000);
  assert.deepEqual(seen, [["URI:spiffe://shop/orders", "DNS:o"]]);
});

const badClients: readonly (readonly [what: string, parts: CertificateParts | undefined, says: RegExp])[] = [
  ["none", undefined, /the client's certificate is missing: give certificate and key/],
  ["one of a stranger", { name: "a", by: stranger, usage: "client" }, /an authority that is not known here/],
  ["a self-signed one", { name: "a", usage: "client" }, /is self-signed/],
  ["one that is meant for servers", { name: "a", by: root, usage: "server" }, /not meant for this usage: .*clientAuth/],
];

for (const [what, parts, says] of badClients) {
  test(`a client that shows ${what} is refused as unauthenticated: it is told why, the log as well, and nothing runs`, async (t) => {
    const ground = mutual(parts);
    const { address, ran, log, server } = await serving(t, ground);
    const error = await failed(calling(t, ground, address).probe.add(1, 2));
    assert.deepEqual([error.code, error.reason, error.processed], ["unauthenticated", "TLS_VERIFY", "no"]);
    assert.match(error.message, says);
    assert.ok(log.some(({ fields }) => says.test(String(fields["detail"]))));
    assert.equal(ran.length, 0);
    await until("it is gone", () => server.connections === 0);
  });
}

test("who listens with the bare transport never gets a stream of a client that was not verified", async (t) => {
  const { transport } = mutual(undefined);
  let accepted = 0;
  const listener = await transport.listen("tls://127.0.0.1:0", () => accepted++);
  t.after(() => listener.close());
  const peer = await raw.client(t, listener.address, transport);
  await peer.expectEnd();
  assert.equal(accepted, 0);
});
