import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { checkOptions, logger, type OptionKinds } from "../service/check-options.js";
import { checkPemSource, type PemSource } from "./pem-source.js";

/** Options of `tls`. */
export interface TlsOptions {
  /** The certificate of this side, and behind it those between it and its root. Servers need one; clients where servers ask. */
  readonly certificate?: PemSource;
  /** The private key of `certificate`. */
  readonly key?: PemSource;
  /** What an encrypted `key` is decrypted with. */
  readonly passphrase?: string;
  /** Whom to trust: certificates of authorities, in the place of those that come with Node. */
  readonly ca?: PemSource;
  /** The name that a server's certificate has to be for. Defaults to the host of the address. */
  readonly serverName?: string;
  /** Whether clients have to show a certificate that `ca` has signed (mutual TLS). Defaults to "none". */
  readonly clientCertificates?: "none" | "required";
  /** What is agreed on in the handshake (ALPN), for those who share a port. Defaults to "rpc". */
  readonly alpn?: string;
  /** How long files and functions are trusted to be as they were, in ms; 0: never. Defaults to 1,000. */
  readonly reloadMs?: number;
  /** How long a client may take for the handshake, in ms. Defaults to 5,000. */
  readonly handshakeMs?: number;
  /** Handshakes under way at once, a listener; more connections are closed as they come. Defaults to 1,024. */
  readonly handshakes?: number;
  /** Hears of certificates that cannot be used. Defaults to the server's logger; on a client, to writing nothing. */
  readonly logger?: Logger;
}

const kinds = {
  certificate: "any",
  key: "any",
  passphrase: "any",
  ca: "any",
  serverName: "string",
  clientCertificates: ["none", "required"],
  alpn: "string",
  reloadMs: "number",
  handshakeMs: "count",
  handshakes: "count",
  logger,
} as const satisfies Record<keyof TlsOptions, OptionKinds[string]>;

/** Throws `invalid_argument` / `BAD_OPTION` unless the options are known, of the right kind, and fit together. */
export function checkTlsOptions(options: TlsOptions): void {
  checkOptions("tls", options, kinds);
  for (const name of ["certificate", "key", "ca"] as const) checkPemSource(name, options[name]);
  const { certificate, key, ca, clientCertificates, passphrase } = options;
  if ((certificate === undefined) !== (key === undefined)) throw badTls("certificate and key are given together");
  if (passphrase !== undefined && typeof passphrase !== "string") throw badTls("passphrase must be a string");
  if (clientCertificates === "required" && ca === undefined) {
    throw badTls("clientCertificates wants a ca: without one, whoever bought a certificate anywhere would be let in");
  }
}

export function badTls(message: string): RpcError {
  return new RpcError("invalid_argument", `tls: ${message}`, { reason: "BAD_OPTION", processed: "no" });
}
