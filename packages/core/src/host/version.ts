/** The version of this package, as it tells it to peers that ask. `npm run release:version` raises it. */
export const version = "0.1.0";
