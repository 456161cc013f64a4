/** What a hello may say that its side can do, as bits; each is in force where both sides say it. */
export const Feature = {
  deflate: 1,
  lz4: 2,
  streams: 4,
  oneway: 8,
  errorClasses: 16,
} as const;
