/** A small item, as a ticker sends it. */
export interface Tick {
  readonly at: number;
  readonly symbol: string;
  readonly price: number;
}

/** The client's end of one kind of streams. */
export interface Streams {
  /** Reads a stream of so many items. Resolves to the sum of their `at`. */
  items(count: number): Promise<number>;
  /** Reads a stream of so many bytes; `taken` is told of each chunk, and may hold the reading up. */
  bytes(totalBytes: number, taken?: (bytes: number) => Promise<void> | undefined): Promise<number>;
  /** Reads a stream that sends 20 items of 100 bytes a second, until the signal aborts. */
  slowItems?(signal: AbortSignal): Promise<void>;
  echo?(message: { a: number; b: number; name: string }): Promise<{ sum: number; name: string }>;
}

/** Streams of one kind, as either side makes them. */
export interface Whose {
  /** Listens for as long as the process lives. Resolves to the address. */
  serve(): Promise<string>;
  connect(address: string): Promise<Streams>;
  /** Bytes of streams held in this process. */
  heldBytes(): number;
}

/** The bytes of a chunk. */
export const chunkBytes = 65_536;

/** Returns the item of a number: what differs between a ticker's items differs here. */
export function tickOf(number: number): Tick {
  return { at: number, symbol: "ACME", price: 100 + (number % 1_000) / 8 };
}
