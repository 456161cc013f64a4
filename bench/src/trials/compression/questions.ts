/** What has passed, and what it cost, since the process began. */
export interface Spent {
  readonly writtenBytes: number;
  readonly cpuUs: number;
}

/** What the processes of the trial of compression are asked. */
export interface CompressionQuestions {
  /** Server: listens, and answers with its address. Client: connects. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Client: has so many orders echoed. */
  drive: { readonly ask: { readonly calls: number; readonly inFlight: number }; readonly answer: null };
  spent: { readonly ask: object; readonly answer: Spent };
}
