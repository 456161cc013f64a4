import type { Duplex } from "node:stream";
import type { RpcError } from "./errors.js";
import type { PeerCertificate } from "./identity.js";
import type { Logger } from "./logger.js";
import type { Address } from "./registry.js";

/** Something that accepts byte streams. */
export interface Listener {
  /** Where it really listens: a port of 0 has become the one the system chose. */
  readonly address: Address;
  /** Accepts no more streams; those accepted live on. May be called twice. */
  close(): Promise<void>;
}

/** Takes a stream that was accepted, the address it came from, and the certificate that its peer proved to own. */
export type Accept = (stream: Duplex, remote: Address, certificate?: PeerCertificate) => void;

/**
 * Hears why a transport let somebody not in, as one whose certificate is no good. `stream` is there where the peer can
 * still be told; who is given it must destroy it.
 */
export type Refused = (error: RpcError, remote: Address, stream?: Duplex) => void;

/** What a listener may tell besides the streams it accepts. */
export interface ListenHooks {
  /** Defaults to closing who is not let in without a word. */
  readonly refused?: Refused;
  /** Hears what goes wrong while it listens. Defaults to writing nothing. */
  readonly logger?: Logger;
}

/** How a stream that is opened will be read. */
export interface ReadHints {
  /**
   * Whether who reads it looks at each chunk within its "data" event and keeps nothing of it, so that the memory may be
   * used for the next one. Defaults to false.
   */
  readonly inPlace?: boolean;
  /**
   * Returns where the next bytes are best read to, where that is known, so that they need not be copied there. Asked
   * before each read once all that was read before has been heard, if `inPlace`. Defaults to nowhere.
   */
  readonly landing?: () => Buffer | undefined;
}

/** Opens and accepts byte streams. Knows nothing of calls. */
export interface Transport {
  /** Whether only processes of this machine can be at the other end, whatever the address. Defaults to what the address says. */
  readonly local?: boolean;
  /** Whether nobody on the way can read or change the bytes. Defaults to false: then no credentials are sent to another host. */
  readonly encrypted?: boolean;
  /** Whether only peers are accepted that have proved who they are, as with client certificates. Defaults to false. */
  readonly authenticates?: boolean;
  /** Opens a stream. Rejects when it cannot, or when `signal` aborts first; then nothing is left open. */
  connect(address: Address, signal: AbortSignal, hints?: ReadHints): Promise<Duplex>;
  /** Accepts streams until closed. Rejects when it cannot listen, naming the address. */
  listen(address: Address, accept: Accept, hooks?: ListenHooks): Promise<Listener>;
  /** Returns what an error of a stream that `connect` opened means, where the transport knows it better than its code tells. */
  explain?(error: Error, address: Address): RpcError | undefined;
}

/** A connection before its first byte. */
export interface NewConnection {
  /** The bare stream. Nothing was read of it, nothing written. */
  readonly stream: Duplex;
  /** Client: where it connected to. Server: where it listens. */
  readonly address: Address;
  /** The other end. Client: the same as `address`. */
  readonly remote: Address;
  /** Server: the certificate that the client proved to own. */
  readonly certificate: PeerCertificate | undefined;
  /** Aborts when the time for connecting is up. */
  readonly signal: AbortSignal;
}

/**
 * Sees each new connection before the hello. Throwing or rejecting refuses it: the stream is closed without a word.
 * A stream that it returns is used in the place of the bare one, which it is then tied to: they close together.
 * May be async, within `connectMs` on the client and `limits.helloMs` on the server.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: an async function that returns nothing is one, and its type is Promise<void>
export type OnConnect = (connection: NewConnection) => Duplex | void | Promise<Duplex | void>;
