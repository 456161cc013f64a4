import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { bits, integer, octets, oid, primitive, sequence, set, tagged, time, truth, utf8 } from "./der.js";

/** A certificate of a test and its key, both as PEM text. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface CertificateParts {
  /** Its common name. */
  readonly name: string;
  /** What it is good for: `DNS:a.example`, `IP:127.0.0.1`, `URI:spiffe://a/b`. */
  readonly altNames?: readonly string[];
  /** Who signs it. Defaults to itself. */
  readonly by?: Certified;
  readonly usage?: "server" | "client" | "authority";
  /** Defaults to an hour ago. */
  readonly from?: Date;
  /** Defaults to in an hour. */
  readonly to?: Date;
}

const ecdsaWithSha256 = sequence(oid("1.2.840.10045.4.3.2"));
const hour = 3_600_000;

/** Makes an X.509 certificate (RFC 5280) with an ECDSA key on P-256. */
export function certify(parts: CertificateParts): Certified {
  const { name, by, from = new Date(Date.now() - hour), to = new Date(Date.now() + hour) } = parts;
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const toBeSigned = sequence(
    tagged(0, integer(2)),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    commonName(by?.name ?? name),
    sequence(time(from), time(to)),
    commonName(name),
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensionsOf(parts))),
  );
  const signature = sign("sha256", toBeSigned, by?.privateKey ?? privateKey);
  return {
    name,
    privateKey,
    certificate: pem("CERTIFICATE", sequence(toBeSigned, ecdsaWithSha256, bits(signature))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function extensionsOf({ altNames = [], usage = "server" }: CertificateParts): readonly Buffer[] {
  const purpose = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2", authority: undefined }[usage];
  return [
    sequence(oid("2.5.29.19"), truth(), octets(usage === "authority" ? sequence(truth()) : sequence())),
    ...(purpose === undefined ? [] : [sequence(oid("2.5.29.37"), octets(sequence(oid(purpose))))]),
    ...(altNames.length === 0 ? [] : [sequence(oid("2.5.29.17"), octets(sequence(...altNames.map(altName))))]),
  ];
}

function altName(said: string): Buffer {
  const [type, value = ""] = [said.slice(0, said.indexOf(":")), said.slice(said.indexOf(":") + 1)];
  if (type === "IP") return primitive(7, Buffer.from(value.split(".").map(Number)));
  return primitive(type === "URI" ? 6 : 2, Buffer.from(value));
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(name))));
}

function pem(label: string, der: Buffer): string {
  const lines = der
    .toString("base64")
    .match(/.{1,64}/g)
    ?.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
