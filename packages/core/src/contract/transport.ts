import type { Duplex } from "node:stream";
import type { Address } from "./registry.js";

/** Something that accepts byte streams. */
export interface Listener {
  /** Where it really listens: a port of 0 has become the one the system chose. */
  readonly address: Address;
  /** Accepts no more streams; those accepted live on. May be called twice. */
  close(): Promise<void>;
}

/** Opens and accepts byte streams. Knows nothing of calls. */
export interface Transport {
  /** Opens a stream. Rejects when it cannot, or when `signal` aborts first; then nothing is left open. */
  connect(address: Address, signal: AbortSignal): Promise<Duplex>;
  /** Accepts streams until closed. Rejects when it cannot listen, naming the address. */
  listen(address: Address, accept: (stream: Duplex, remote: Address) => void): Promise<Listener>;
}
