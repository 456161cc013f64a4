/** What servers and the client tell the process that started them. */
export type Message = Ready | Second | Failure | Done;

/** A server listens and is registered; the client is about to send its first order. */
export interface Ready {
  readonly kind: "ready";
}

/** What became of the calls that were settled since the last such message. */
export interface Second {
  readonly kind: "second";
  /** Since the first order. */
  readonly atMs: number;
  readonly figures: Figures;
}

/** A call failed. */
export interface Failure {
  readonly kind: "failure";
  readonly orderId: string;
  /** All that the error says. */
  readonly why: string;
}

/** The client has stopped, and every call is settled. */
export interface Done {
  readonly kind: "done";
  /** Of the whole run. */
  readonly figures: Figures;
}

export interface Figures {
  readonly calls: number;
  readonly failed: number;
  /** Calls that took more than one attempt. */
  readonly retried: number;
  /** From sending to the answer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Answers by the server they came from. */
  readonly answeredBy: Readonly<Record<string, number>>;
}
