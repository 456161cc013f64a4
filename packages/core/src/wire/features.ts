/** What a hello may say that its side can do, as bits; each is in force where both sides say it. */
export const Feature = {
  deflate: 1,
  lz4: 2,
  streams: 4,
  oneway: 8,
  errorClasses: 16,
  /** Said by a dialler alone: it offers services, so that the acceptor may call it. */
  offers: 32,
} as const;
