export { compareContracts } from "./compare/compare-contracts.js";
export type { Difference } from "./compare/difference.js";
export type * from "./contract.js";
export { contracts } from "./contracts.js";
export { hashesOf } from "./hash/hashes-of.js";
export { readContract } from "./read/read-contract.js";
export type { ServedNames } from "./served-names.js";
export { validating } from "./validate/validating.js";
