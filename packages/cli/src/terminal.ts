import type { Writable } from "node:stream";

/** Where a terminal does not say. */
const usual = { columns: 80, rows: 24 };

/** Returns how many characters fit into a line of where this goes. */
export function columnsOf(stream: Writable): number {
  return sizeOf(stream).columns;
}

/** Returns the size of the terminal that this goes to. */
export function sizeOf(stream: Writable): { readonly columns: number; readonly rows: number } {
  const { columns, rows } = stream as Partial<NodeJS.WriteStream>;
  return { columns: columns || usual.columns, rows: rows || usual.rows };
}
