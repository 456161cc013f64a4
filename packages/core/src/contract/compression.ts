/** A way to compress what leaves together; "lz4" wants the package lz4-napi. */
export type Compression = "deflate" | "lz4";

/**
 * What one end of a connection is ready to compress with: one way, several in order of preference, or none. Each end
 * writes in the first of its own list that the other end has in its list too.
 */
export type CompressionChoice = Compression | readonly Compression[] | false;
