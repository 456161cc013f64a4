/** The one object argument of the main measurement. */
export interface Message {
  readonly a: number;
  readonly b: number;
  readonly name: string;
}

/** Its one object answer: `sum` is `a + b`. */
export interface Answer {
  readonly sum: number;
  readonly name: string;
}

/** What is measured: calls as a user of the subject makes them, with nothing of ours in between. */
export interface Calls {
  echo(message: Message): Promise<Answer>;
  /** Adds two numbers that are arguments of their own. */
  add(a: number, b: number): Promise<number>;
  /** Answers with what it was given. */
  body(value: unknown): Promise<unknown>;
  /** Answers with so many bytes. */
  bytes(count: number): Promise<Uint8Array>;
}

/** Subjects that are measured with the first workload alone offer less. */
export type OfferedCalls = Pick<Calls, "echo"> & Partial<Calls>;

/** A side that counts what it does. */
interface Counted {
  /** Writes to sockets so far. Left out where the subject does not count them. */
  writes?(): number;
}

export interface OpenServer extends Counted {
  /** What the client's process is given to find this one; only the subject reads it. */
  readonly address: string;
  close(): Promise<void>;
}

export interface OpenClient extends Counted {
  readonly calls: OfferedCalls;
  close(): Promise<void>;
}

/** One thing to measure. Its two functions run in processes of their own; handlers are async; one connection carries all calls of a workload. */
export interface Subject {
  serve(): Promise<OpenServer>;
  connect(address: string): Promise<OpenClient>;
}

let kept = new Uint8Array(0);

/** The handlers that every subject serves. */
export const handlers = {
  async echo(message: Message): Promise<Answer> {
    return { sum: message.a + message.b, name: message.name };
  },
  async add(a: number, b: number): Promise<number> {
    return a + b;
  },
  async body(value: unknown): Promise<unknown> {
    return value;
  },
  async bytes(count: number): Promise<Uint8Array> {
    if (kept.length !== count) kept = new Uint8Array(count).fill(0xa5);
    return kept;
  },
};
