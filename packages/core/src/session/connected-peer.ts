import type { Invoke, Newcomer, Peer } from "../contract/call.js";
import type { Identity, PeerCertificate } from "../contract/identity.js";
import type { Address } from "../contract/registry.js";

/** What a peer asks of the session that it is the other end of. */
interface Line {
  /** Whether new calls may be made on it. */
  readonly takesCalls: boolean;
  /** Returns what carries calls of the peer's services. */
  callPeer(): Invoke;
}

/** The other end of a session, as handlers and who lists peers see it. What few ask for is made when it is asked for. */
export class ConnectedPeer implements Peer {
  readonly address: Address;
  readonly instance: string;
  readonly identity: Identity | undefined;
  readonly certificate: PeerCertificate | undefined;
  readonly #line: Line;
  #invoke: Invoke | undefined;
  #closed: Promise<void> | undefined;
  #tellClosed: (() => void) | undefined;
  #gone = false;

  constructor({ address, instance, certificate }: Newcomer, identity: Identity | undefined, line: Line) {
    this.address = address;
    this.instance = instance;
    this.identity = identity;
    this.certificate = certificate;
    this.#line = line;
  }

  get ready(): boolean {
    return this.#line.takesCalls;
  }

  get closed(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#gone) resolve();
      else this.#tellClosed = resolve;
    });
    return this.#closed;
  }

  get invoke(): Invoke {
    this.#invoke ??= this.#line.callPeer();
    return this.#invoke;
  }

  /** The connection has ended. */
  onGone(): void {
    this.#gone = true;
    this.#tellClosed?.();
  }
}
