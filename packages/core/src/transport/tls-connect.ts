import { isIP, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Address } from "../contract/registry.js";
import { connectFailed } from "./sockets.js";
import type { Material } from "./tls-material.js";
import { explainTls } from "./tls-problems.js";
import type { TlsSessions } from "./tls-sessions.js";

/** Who is called, and what is agreed on. */
export interface TlsTarget {
  readonly address: Address;
  /** The name that the certificate has to be for. */
  readonly name: string;
  readonly alpn: string;
}

/** Makes the handshake on a socket that has connected. Rejects with why it failed, or with the signal's reason; then nothing is left open. */
export async function secured(
  socket: Socket,
  target: TlsTarget,
  material: Material,
  sessions: TlsSessions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { connect } = await import("node:tls");
  const { address, name, alpn } = target;
  const peer = `${name} ${address}`;
  return new Promise((resolve, reject) => {
    const stream = connect({
      socket,
      host: name,
      // A name that is an address is compared with the certificate, but it is none to be asked for (RFC 6066).
      servername: isIP(name) === 0 ? name : "",
      secureContext: material.context,
      minVersion: "TLSv1.3",
      // Said here, so that nothing in the environment can say otherwise.
      rejectUnauthorized: true,
      ALPNProtocols: [alpn],
      session: sessions.get(peer, material),
    });
    const settle = (): void => {
      signal.removeEventListener("abort", onAbort);
      stream.removeListener("secureConnect", onSecure);
      stream.removeListener("error", onError);
      stream.removeListener("close", onClose);
    };
    const fail = (error: unknown): void => {
      settle();
      stream.on("error", () => {});
      stream.destroy();
      socket.destroy();
      reject(error);
    };
    const onSecure = (): void => {
      settle();
      sessions.follow(stream, peer, material);
      resolve(stream);
    };
    const onError = (cause: Error): void =>
      fail(explainTls(cause, address) ?? connectFailed(address, `the TLS handshake failed: ${cause.message}`, cause));
    const onClose = (): void => fail(connectFailed(address, "the connection was closed in the TLS handshake"));
    const onAbort = (): void => fail(signal.reason);
    stream.on("secureConnect", onSecure);
    stream.on("error", onError);
    stream.on("close", onClose);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
}
