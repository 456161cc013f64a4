import type { PeerCertificate } from "node:tls";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";

interface TlsFailure extends NodeJS.ErrnoException {
  readonly cert?: PeerCertificate;
  readonly reason?: string;
}

const unknownIssuer =
  "was signed by an authority that is not known here: give that authority's certificate in the option `ca`; if it is in there, the server leaves out the certificates between";

/** What OpenSSL finds wrong with a certificate, and what to do about it. Names of X.509 verification errors, as Node gives them in `code`. */
const verifications: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired: renew it",
  CERT_NOT_YET_VALID: "is not valid yet: compare the clocks of the two machines",
  DEPTH_ZERO_SELF_SIGNED_CERT: "is self-signed and not trusted here: give it in the option `ca`, or have it signed",
  SELF_SIGNED_CERT_IN_CHAIN:
    "goes back to a self-signed root that is not trusted here (unknown authority): give that root in the option `ca`",
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  INVALID_PURPOSE:
    "is not meant for this usage: its extended key usage must have serverAuth for a server, clientAuth for a client",
  CERT_REVOKED: "was revoked: replace it",
  CERT_SIGNATURE_FAILURE: "has a signature that is wrong: it was changed, or signed by another key",
  INVALID_CA: "was signed by a certificate that is none of an authority",
  NO_CERTIFICATE: "is missing: give certificate and key in the options of `tls`",
};

/** Returns what is wrong with a certificate, by the code of the failed check. */
export function certificateProblem(code: string): string {
  return verifications[code] ?? `was not accepted (${code})`;
}

/** Returns the error of a TLS connection that could not be made, or broke, on the dialler's side; undefined where TLS has nothing to do with it. */
export function explainTls(cause: Error, address: Address): RpcError | undefined {
  const { code = "", cert, message } = cause as TlsFailure;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const names = cert?.subjectaltname ?? "none";
    return tlsError(
      "TLS_VERIFY",
      address,
      `its certificate is for other names (${names.slice(0, 300)}): connect by one of these, or say in the option \`serverName\` which one it is`,
      cause,
    );
  }
  if (code in verifications || /^(?:CERT|CRL|INVALID|UNABLE_TO)_/.test(code)) {
    return tlsError("TLS_VERIFY", address, `its certificate ${certificateProblem(code)}`, cause);
  }
  if (/ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_|UNKNOWN_CA|ACCESS_DENIED)/.test(code)) {
    const what = code.endsWith("CERTIFICATE_REQUIRED")
      ? "wants a certificate of this side: give certificate and key in the options of `tls`"
      : `does not accept the certificate of this side (${code}): its log says why`;
    return new RpcError("unauthenticated", `${address} ${what}`, {
      reason: "TLS_VERIFY",
      processed: "no",
      endpoint: address,
      cause,
    });
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return tlsError("TLS_HANDSHAKE", address, "it does not speak TLS 1.3, and nothing older is spoken here", cause);
  }
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return tlsError("TLS_HANDSHAKE", address, "it speaks another protocol over TLS: compare the option `alpn`", cause);
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD|EPROTO|UNEXPECTED_MESSAGE|HTTP_REQUEST/.test(code)) {
    return tlsError(
      "TLS_HANDSHAKE",
      address,
      `it does not speak TLS (${code}): for a plain server write tcp://`,
      cause,
    );
  }
  if (/before secure TLS connection/.test(message)) {
    return tlsError(
      "TLS_HANDSHAKE",
      address,
      "it closed the connection in the middle of the TLS handshake: if it does not speak TLS, write tcp://",
      cause,
    );
  }
  return code.startsWith("ERR_SSL_") ? tlsError("TLS_HANDSHAKE", address, code, cause) : undefined;
}

/** Returns the error for the log of a server that a client could not make a handshake with. */
export function explainClient(cause: Error, remote: Address): RpcError {
  const { code = "", message } = cause as TlsFailure;
  const why = /HTTP_REQUEST|WRONG_VERSION_NUMBER|RECORD/.test(code)
    ? `it does not speak TLS (${code}): does it connect to tcp://?`
    : /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|NO_SHARED/.test(code)
      ? `it does not speak TLS 1.3 (${code})`
      : /ALERT/.test(code)
        ? `it does not accept this server's certificate, or what it offers (${code})`
        : code || message;
  return new RpcError("unavailable", `the TLS handshake with ${remote} failed: ${why}`, {
    reason: "TLS_HANDSHAKE",
    processed: "no",
    cause,
  });
}

function tlsError(reason: string, address: Address, why: string, cause: Error): RpcError {
  return new RpcError("unavailable", `cannot connect to ${address}: ${why}`, {
    reason,
    processed: "no",
    endpoint: address,
    cause,
  });
}
