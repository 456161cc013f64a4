/** Item `n` of a stream. */
export interface Item {
  readonly token: string;
  readonly n: number;
  /** Which run of the handler yielded it, from 1; 0 for what a caller sends. */
  readonly run: number;
  readonly filler: string;
}

export function itemOf(token: string, n: number, run: number, bytes: number): Item {
  return { token, n, run, filler: "i".repeat(bytes) };
}
