import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RpcError, serve, type TlsOptions, tls } from "@rpc/core";
import { certify } from "./certificates/certificate.js";

const { certificate, key } = certify({ name: "a" });

describe("options of tls that cannot be", () => {
  const rows: readonly [title: string, options: unknown, message: RegExp][] = [
    ["a misspelt option", { cert: certificate }, /tls has no option "cert"/],
    ["a certificate without its key", { certificate }, /certificate and key are given together/],
    ["a key without its certificate", { key }, /certificate and key are given together/],
    ["a path where PEM text belongs", { certificate: "/etc/a.pem", key }, /certificate is not PEM text; .*\{ file/],
    ["a file without a name", { certificate: { file: "" }, key }, /certificate names no file/],
    ["a number as ca", { ca: 5 }, /ca must be PEM text, \{ file: path \}, or a function/],
    [
      "mutual TLS that would trust everybody's authority",
      { certificate, key, clientCertificates: "required" },
      /wants a ca/,
    ],
    [
      "an unknown way with clients",
      { clientCertificates: "optional" },
      /clientCertificates must be "none" or "required"/,
    ],
    ["a passphrase that is none", { passphrase: 5 }, /passphrase must be a string/],
    ["no time for handshakes", { handshakeMs: 0 }, /handshakeMs must be a whole number above 0/],
  ];
  for (const [title, options, message] of rows) {
    test(`${title}: said at once, with what to do, and without showing it`, () => {
      assert.throws(
        () => tls(options as TlsOptions),
        (thrown) => {
          assert.ok(thrown instanceof RpcError);
          assert.deepEqual([thrown.code, thrown.reason], ["invalid_argument", "BAD_OPTION"]);
          assert.match(thrown.message, message);
          assert.doesNotMatch(thrown.message, /BEGIN/);
          return true;
        },
      );
    });
  }
});

describe("a server does not start", () => {
  const other = certify({ name: "b" });
  const expired = certify({ name: "c", to: new Date(Date.now() - 1_000) });
  const rows: readonly [title: string, options: TlsOptions | undefined, message: RegExp][] = [
    ["over TLS without a certificate", undefined, /without a certificate: write transports: \{ tls: tls\(/],
    ["with a key of another certificate", { certificate, key: other.key }, /the key is not that of the certificate/],
    ["with an expired certificate", { certificate: expired.certificate, key: expired.key }, /has expired at/],
    [
      "with a file that is not there",
      { certificate: { file: "/nowhere/a.pem" }, key },
      /certificate \(\/nowhere\/a\.pem\) cannot be read: ENOENT/,
    ],
  ];
  for (const [title, options, message] of rows) {
    test(title, async () => {
      await assert.rejects(
        serve({
          invoke: async () => 1,
          listen: "tls://127.0.0.1:0",
          ...(options && { transports: { tls: tls(options) } }),
        }),
        { reason: "BAD_OPTION", message },
      );
    });
  }
});
