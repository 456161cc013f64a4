import type { TLSSocket } from "node:tls";
import type { Material } from "./tls-material.js";

/** Peers whose session is kept; above it the one that was met first is forgotten. */
const sessionsKept = 256;

interface Kept {
  readonly session: Buffer;
  readonly material: Material;
  readonly untilMs: number;
}

/**
 * Sessions of servers that were verified, to be resumed. One is used no longer than the certificate that it rests on is
 * good, and not after the authorities or certificates of this side have changed.
 */
export class TlsSessions {
  readonly #kept = new Map<string, Kept>();

  /** Keeps what the server sends over this stream, which was verified. */
  follow(stream: TLSSocket, peer: string, material: Material): void {
    const certificate = stream.getPeerCertificate();
    const untilMs = Date.parse(certificate.valid_to);
    stream.on("session", (session) => {
      this.#kept.delete(peer);
      this.#kept.set(peer, { session, material, untilMs });
      if (this.#kept.size <= sessionsKept) return;
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        return;
      }
    });
  }

  get(peer: string, material: Material): Buffer | undefined {
    const kept = this.#kept.get(peer);
    if (kept === undefined) return undefined;
    if (kept.material === material && Date.now() < kept.untilMs) return kept.session;
    this.#kept.delete(peer);
    return undefined;
  }
}
