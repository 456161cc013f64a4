/** Whether a value is a stream: anything that yields items one after the other in its own time, a `Readable` or a `ReadableStream` too. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === "function"
  );
}
