const { PUSH_REGISTRY } = process.env;

/** What every process is told by its environment. Told nothing, all processes of one user find each other. */
export const settings = {
  cluster: "push",
  registry: { cluster: "push", ...(PUSH_REGISTRY === undefined ? {} : { directory: PUSH_REGISTRY }) },
  /** In earnest tokens come from where secrets are kept. */
  tokens: { ann: "ann's token", ben: "ben's token", cem: "cem's token" } as Readonly<Record<string, string>>,
};
