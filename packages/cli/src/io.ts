import type { Readable, Writable } from "node:stream";

/** What a command reads and writes: the process's own streams, or those of a test. */
export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts when the user presses Ctrl-C or the process is asked to end; its reason is an `Interrupted`. */
  readonly signal: AbortSignal;
  /** Whether a person looks at stdout. */
  readonly isTTY: boolean;
}
