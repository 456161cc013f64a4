import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A key and a certificate that it signed itself, both as PEM. */
export interface OwnCertificate {
  readonly key: string;
  readonly certificate: string;
}

const oid = {
  ecdsaWithSha256: "06082a8648ce3d040302",
  commonName: "0603550403",
  subjectAltName: "0603551d11",
} as const;

/**
 * Makes a certificate for 127.0.0.1 and localhost, good for a day, on P-256: what a TLS server of a run shows, and the
 * only thing its client trusts. X.509 as in RFC 5280, section 4.1, in DER as in ITU-T X.690.
 */
export function ownCertificate(): OwnCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(hex(oid.ecdsaWithSha256));
  const name = sequence(der(0x31, sequence(hex(oid.commonName), der(0x0c, Buffer.from("localhost")))));
  const hourMs = 3_600_000;
  const names = sequence(der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(sequence(hex(oid.subjectAltName), der(0x04, names)));
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name,
    sequence(utcTime(Date.now() - hourMs), utcTime(Date.now() + 24 * hourMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const signature = sign("sha256", signed, privateKey);
  const bytes = sequence(signed, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64").replace(/.{64}(?=.)/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}

function utcTime(atMs: number): Buffer {
  const digits = new Date(atMs).toISOString().replace(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}
