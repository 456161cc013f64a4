import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { RpcError } from "../contract/errors.js";
import { guarded } from "../contract/guarded-logger.js";
import { type Logger, silent } from "../contract/logger.js";
import type { Address } from "../contract/registry.js";
import type { Accept, Listener, ListenHooks } from "../contract/transport.js";
import { hostPort } from "./address.js";
import { listenForSockets } from "./sockets.js";
import { boundAddress, remoteAddress } from "./tcp.js";
import { peerCertificate } from "./tls-certificate.js";
import type { Material, MaterialSource } from "./tls-material.js";
import type { TlsOptions } from "./tls-options.js";
import { certificateProblem, explainClient } from "./tls-problems.js";

/** Listens for TLS. A socket is handed on once its handshake is over and its certificate, where one is wanted, was verified. */
export async function listenForTls(
  address: Address,
  options: TlsOptions,
  source: MaterialSource,
  accept: Accept,
  hooks: ListenHooks,
): Promise<Listener> {
  const { createServer } = await import("node:tls");
  const logger = guarded(options.logger ?? hooks.logger ?? silent);
  const first = await source.current(logger);
  const server = createServer({
    ...secretsOf(first),
    requestCert: options.clientCertificates === "required",
    // What is wrong with a certificate is found below, where it can be told; the server would close without a word.
    rejectUnauthorized: false,
    ALPNProtocols: [options.alpn ?? "rpc"],
  });
  const door = new TlsDoor(server, first, source, options, logger, accept, hooks);
  const listener = await listenForSockets(
    hostPort(address),
    address,
    (bound) => boundAddress("tls", bound),
    (socket) => void door.greet(socket),
    hooks.refused,
  );
  return {
    address: listener.address,
    close() {
      door.close();
      return listener.close();
    },
  };
}

/** A handshake under way. */
interface Handshake {
  readonly socket: Socket;
  /** Stops waiting for its end. */
  over(): void;
}

/** The handshakes of one listener. */
class TlsDoor {
  readonly #server: Server;
  readonly #source: MaterialSource;
  readonly #options: TlsOptions;
  readonly #logger: Logger;
  readonly #accept: Accept;
  readonly #hooks: ListenHooks;
  /** Sockets whose handshake is under way, by their remote address: the TLS socket made of one does not tell which. */
  readonly #handshakes = new Map<Address, Handshake>();
  #material: Material;

  constructor(
    server: Server,
    material: Material,
    source: MaterialSource,
    options: TlsOptions,
    logger: Logger,
    accept: Accept,
    hooks: ListenHooks,
  ) {
    this.#server = server;
    this.#material = material;
    this.#source = source;
    this.#options = options;
    this.#logger = logger;
    this.#accept = accept;
    this.#hooks = hooks;
    server.on("secureConnection", (stream) => this.#onSecure(stream));
    server.on("tlsClientError", (cause, stream) => {
      const remote = this.#whereFrom(stream);
      hooks.refused?.(explainClient(cause, remote), remote);
    });
  }

  async greet(socket: Socket): Promise<void> {
    const { handshakeMs = 5_000, handshakes = 1_024 } = this.#options;
    const remote = remoteAddress("tls", socket);
    socket.on("error", () => {});
    if (this.#handshakes.size >= handshakes) {
      socket.destroy();
      return;
    }
    // From the beginning to the end: a byte now and then does not prolong it.
    const timer = setTimeout(() => {
      socket.destroy();
      this.#hooks.refused?.(tooSlow(remote, handshakeMs), remote);
    }, handshakeMs).unref();
    const handshake: Handshake = {
      socket,
      over: () => {
        clearTimeout(timer);
        if (this.#handshakes.get(remote) === handshake) this.#handshakes.delete(remote);
      },
    };
    this.#handshakes.set(remote, handshake);
    socket.once("close", handshake.over);
    const material = await this.#source.current(this.#logger);
    if (socket.destroyed) return;
    if (material !== this.#material) {
      this.#material = material;
      this.#server.setSecureContext(secretsOf(material));
    }
    this.#server.emit("connection", socket);
  }

  close(): void {
    for (const { socket } of this.#handshakes.values()) socket.destroy();
  }

  /** A socket that has been closed does not know any more whom it was connected with. */
  #whereFrom(stream: TLSSocket): Address {
    if (stream.remoteAddress !== undefined) return remoteAddress("tls", stream);
    for (const [remote, { socket }] of this.#handshakes) if (socket.destroyed) return remote;
    return remoteAddress("tls", stream);
  }

  #onSecure(stream: TLSSocket): void {
    const remote = remoteAddress("tls", stream);
    this.#handshakes.get(remote)?.over();
    const shown = peerCertificate(stream.getPeerCertificate());
    if (this.#options.clientCertificates !== "required" || stream.authorized) {
      this.#accept(stream, remote, shown);
      return;
    }
    const code = shown === undefined ? "NO_CERTIFICATE" : String(stream.authorizationError);
    const error = new RpcError("unauthenticated", `the client's certificate ${certificateProblem(code)}`, {
      reason: "TLS_VERIFY",
      processed: "no",
    });
    if (this.#hooks.refused === undefined) stream.destroy();
    else this.#hooks.refused(error, remote, stream);
  }
}

function secretsOf({ cert, key, passphrase, ca, minVersion }: Material) {
  return { cert, key, passphrase, ca, minVersion };
}

function tooSlow(remote: Address, handshakeMs: number): RpcError {
  return new RpcError("unavailable", `the TLS handshake with ${remote} took longer than handshakeMs ${handshakeMs}`, {
    reason: "TLS_HANDSHAKE",
    processed: "no",
  });
}
