import type { OpenLoopSlice } from "../../workloads/open-loop.js";

/** What the processes of the trials of streams are asked. Their arguments are a side and whose streams: `core` or `bare`. */
export interface StreamQuestions {
  /** Server: listens, and answers with its address. Client: connects. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Client: reads so many small items of one stream. Answers with how many came a second. */
  items: { readonly ask: { readonly count: number }; readonly answer: number };
  /** Client: reads so many bytes of one stream, which come in chunks of 64 KiB. Answers with how many came a second. */
  bytes: { readonly ask: { readonly totalBytes: number }; readonly answer: number };
  /** Client: reads so many bytes of one stream, no faster than told. */
  slowly: { readonly ask: { readonly totalBytes: number; readonly bytesPerSecond: number }; readonly answer: null };
  /** Looks every tenth of a second, from now on, at what is held and resident. */
  look: { readonly ask: object; readonly answer: null };
  /** The most that was held and resident since it has looked. */
  peak: { readonly ask: object; readonly answer: Peak };
  /** Client: opens so many streams that send 20 items of 100 bytes a second each, and reads them until asked again; 0 closes them. */
  crowd: { readonly ask: { readonly streams: number }; readonly answer: null };
  /** Client: makes small calls at a steady rate on the same connection. */
  openLoop: {
    readonly ask: { readonly callsPerSecond: number; readonly forMs: number };
    readonly answer: OpenLoopSlice;
  };
}

export interface Peak {
  /** Bytes of streams that the library holds in this process: read and not taken, encoded and not with the socket. */
  readonly heldBytes: number;
  readonly rssBytes: number;
}
