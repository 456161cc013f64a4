/** One difference between two contracts, for the callers of the first where servers are of the second. */
export interface Difference {
  /** Whether callers built from the contract before are turned away, or are given what they do not expect. */
  readonly breaking: boolean;
  readonly service: string;
  /** Undefined where it concerns the whole service. */
  readonly method?: string;
  /** `order.lines[].amount`, `result.total`; empty where it concerns the whole method or service. */
  readonly path: string;
  /** In words, beginning with the path. */
  readonly what: string;
}

/** Which way values go: the one who gives values has to stay within what the other takes. */
export type Direction = "argument" | "result";

/** Is told each difference. */
export type Note = (breaking: boolean, path: string, what: string) => void;
