/** What services are served as, where that is not their name in the contract. */
export interface ServedNames {
  /** By the name that a service is served as: its name in the contract. Defaults to none. */
  readonly names?: Readonly<Record<string, string>>;
}
