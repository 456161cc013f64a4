/**
 * What services promise, as core knows it: `contracts` of `@rpc/schema` makes one from a contract. The two ends of a
 * connection compare by it what each was built from, once for each connection and service and never for a call.
 */
export interface Contracts {
  /** The names of the services that it has. */
  readonly services: readonly string[];
  /** Returns the contract of a service as plain JSON, for peers that ask; undefined where it has none. */
  describe(service: string): unknown;
  /** Returns a method's schema hash, 16 hex digits; undefined where it does not have the method. */
  hashOf(service: string, method: string): string | undefined;
  /**
   * Returns what would break a caller built from this contract where the server's is `theirs`, which is what its
   * `describe` returned and is not to be trusted. Throws where that is no contract.
   */
  breaking(service: string, theirs: unknown): readonly BreakingDifference[];
}

/** One reason why a caller and a server of a method do not understand each other. */
export interface BreakingDifference {
  readonly method: string;
  /** In words, with the place. */
  readonly what: string;
}
