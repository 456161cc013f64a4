/** Levels of nesting that codecs write. A peer reads as many as its own `DecodeLimits.depth` says: 64 unless set. */
export const maxDepth = 64;
