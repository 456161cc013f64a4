/** What the processes of the trial of overload are asked. */
export interface OverloadQuestions {
  /** Server: listens, and answers with its address. Client: connects there. */
  open: { readonly ask: { readonly address: string; readonly retries: boolean }; readonly answer: string };
  /** Client: keeps so many calls in flight, and answers with calls a second. */
  saturate: { readonly ask: { readonly inFlight: number; readonly forMs: number }; readonly answer: number };
  /** Client: makes calls at a steady rate, whatever becomes of them. */
  offer: { readonly ask: Offer; readonly answer: Offered };
}

export interface Offer {
  readonly callsPerSecond: number;
  /** How long, and after how much of it calls begin to count, in ms. */
  readonly forMs: number;
  readonly leadInMs: number;
}

/** What became of the calls that count. */
export interface Offered {
  readonly goodPerSecond: number;
  readonly madePerSecond: number;
  readonly acceptedP99Ms: number;
  /** Of those that the server turned away; 0 where there were none. */
  readonly rejectedP99Ms: number;
  readonly rejected: number;
  readonly withoutRetryAfter: number;
  /** Turned away by the client itself. */
  readonly shed: number;
  /** Failed in any other way. */
  readonly failed: number;
}
