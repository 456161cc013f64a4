import { guarded } from "../contract/guarded-logger.js";
import { silent } from "../contract/logger.js";
import type { Transport } from "../contract/transport.js";
import { hostPort } from "./address.js";
import { connectSocket } from "./sockets.js";
import { secured } from "./tls-connect.js";
import { listenForTls } from "./tls-listen.js";
import { MaterialSource } from "./tls-material.js";
import { badTls, checkTlsOptions, type TlsOptions } from "./tls-options.js";
import { explainTls } from "./tls-problems.js";
import { TlsSessions } from "./tls-sessions.js";

/** A transport of TLS over TCP. */
export interface TlsTransport extends Transport {
  readonly encrypted: true;
  readonly authenticates: boolean;
  /**
   * Reads certificates and keys again, at once. New connections use them, those that are open live on. Rejects with
   * `invalid_argument` where they are no good; then the old ones stay.
   */
  reload(): Promise<void>;
}

/**
 * Returns a transport of TLS 1.3 over TCP, `tls://host:port`. Whoever is connected to has to show a certificate for the
 * name it is called by, signed by an authority that is trusted here: nothing switches that off. Certificates given as
 * files or functions are read again as connections come, so that they can be renewed while the process runs.
 * Throws `invalid_argument` / `BAD_OPTION` where the options do not fit together.
 */
export function tls(options: TlsOptions = {}): TlsTransport {
  checkTlsOptions(options);
  const source = new MaterialSource(options);
  const sessions = new TlsSessions();
  const logger = guarded(options.logger ?? silent);
  return {
    encrypted: true,
    authenticates: options.clientCertificates === "required",

    async connect(address, signal) {
      const { host, port } = hostPort(address);
      const material = await source.current(logger);
      const socket = await connectSocket({ host, port, noDelay: true }, address, signal);
      const target = { address, name: options.serverName ?? host, alpn: options.alpn ?? "rpc" };
      return secured(socket, target, material, sessions, signal);
    },

    async listen(address, accept, hooks = {}) {
      hostPort(address);
      if (options.certificate === undefined) {
        throw badTls(
          `${address} cannot be listened on without a certificate: write transports: { tls: tls({ certificate, key }) }`,
        );
      }
      return listenForTls(address, options, source, accept, hooks);
    },

    explain: explainTls,

    async reload() {
      await source.read();
    },
  };
}
