import type { PeerCertificate as NodeCertificate } from "node:tls";
import type { PeerCertificate } from "../contract/identity.js";

/** Returns what handlers see of a verified certificate, or undefined where none was shown. */
export function peerCertificate(shown: NodeCertificate | undefined): PeerCertificate | undefined {
  if (shown?.fingerprint256 === undefined) return undefined;
  const commonName: unknown = shown.subject?.CN;
  return Object.freeze({
    // Several common names say nothing certain.
    commonName: typeof commonName === "string" ? commonName : undefined,
    altNames: Object.freeze(altNamesOf(shown.subjectaltname ?? "")),
    fingerprint: shown.fingerprint256,
    expiresAt: Date.parse(shown.valid_to),
  });
}

/**
 * Returns the names in Node's one line of them: `DNS:a.example, IP Address:10.1.2.3`. A value with a comma or a quote
 * in it is written as a JSON string, so that no name can look like two (CVE-2021-44532).
 */
export function altNamesOf(line: string): readonly string[] {
  const names: string[] = [];
  const name = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)/gy;
  for (let match = name.exec(line); match !== null; match = name.exec(line)) {
    const [, type, value] = match;
    const plain = value!.startsWith('"') ? (JSON.parse(value!) as string) : value!;
    names.push(`${type === "IP Address" ? "IP" : type}:${plain}`);
  }
  return names;
}
