/** What the processes of the trial of deadlines are asked. */
export interface DeadlineQuestions {
  /** Server: listens, and answers with its address. Client: connects there. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Client: makes so many calls, spread over a span, that nobody answers. */
  expire: { readonly ask: { readonly calls: number; readonly overMs: number }; readonly answer: Lateness };
}

/** How long after their deadlines calls were given up, in ms. */
export interface Lateness {
  readonly p9999Ms: number;
  readonly earliestMs: number;
  /** Calls that a busy server turned away, and those whose deadline fell into a stall in which the process was kept from running. */
  readonly leftOut: number;
}
