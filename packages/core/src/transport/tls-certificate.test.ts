import assert from "node:assert/strict";
import { test } from "node:test";
import { altNamesOf, peerCertificate } from "./tls-certificate.js";

test("names of a certificate are told apart, whatever they hold: one cannot pretend to be two", () => {
  const rows: readonly [line: string, names: readonly string[]][] = [
    ["", []],
    ["DNS:a.example", ["DNS:a.example"]],
    ["DNS:a.example, IP Address:10.1.2.3", ["DNS:a.example", "IP:10.1.2.3"]],
    ["URI:spiffe://shop/orders, email:a@b.example", ["URI:spiffe://shop/orders", "email:a@b.example"]],
    ['URI:"spiffe://x, DNS:admin.example", DNS:b', ["URI:spiffe://x, DNS:admin.example", "DNS:b"]],
    ['DNS:"a\\", DNS:admin.example"', ['DNS:a", DNS:admin.example']],
    ["IP Address:2001:DB8:0:0:0:0:0:1", ["IP:2001:DB8:0:0:0:0:0:1"]],
  ];
  for (const [line, names] of rows) assert.deepEqual(altNamesOf(line), names, line);
});

test("a peer that showed no certificate has none, and several common names are none", () => {
  assert.equal(peerCertificate(undefined), undefined);
  assert.equal(peerCertificate({} as never), undefined);
  const shown = { fingerprint256: "AB", subject: { CN: ["a", "b"] }, valid_to: "Nov 21 04:42:00 2026 GMT" };
  assert.deepEqual(peerCertificate(shown as never), {
    commonName: undefined,
    altNames: [],
    fingerprint: "AB",
    expiresAt: Date.UTC(2026, 10, 21, 4, 42),
  });
});
