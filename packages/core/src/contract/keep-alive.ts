/**
 * When a silent peer is asked whether it is there, and what follows where it does not say so. Looked at four times a
 * second, so each is kept to within 250 ms. A stall of the own process is nobody's silence: after one, all of them begin
 * anew. `Infinity` switches one off.
 */
export interface KeepAliveOptions {
  /** Silence of a peer that owes nothing, after which it is pinged, in ms. Defaults to 30,000. */
  readonly idleMs?: number;
  /** Silence of a peer that owes an answer, after which it is pinged, in ms. Defaults to 5,000. */
  readonly busyMs?: number;
  /** Further silence after either, which ends the connection, in ms. Defaults to 5,000. */
  readonly timeoutMs?: number;
  /**
   * How old a call must be, and how long its peer silent, for a first ping, in ms; no less than three times the 99th
   * percentile of the connection's answers, or 750 where that is more. Defaults to 250.
   */
  readonly suspectAfterMs?: number;
  /** Further silence after that ping, which makes the peer suspect: it gets no calls until it is heard of, in ms. Defaults to 400. */
  readonly suspectTimeoutMs?: number;
}

export const defaultKeepAlive: Required<KeepAliveOptions> = Object.freeze({
  idleMs: 30_000,
  busyMs: 5_000,
  timeoutMs: 5_000,
  suspectAfterMs: 250,
  suspectTimeoutMs: 400,
});
