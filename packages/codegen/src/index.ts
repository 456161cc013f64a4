export { generate } from "./generate.js";
export type { GeneratedService, GenerateOptions, GenerateResult } from "./options.js";
export { GenerateError, type Refusal, textOf } from "./refusal.js";
export { type Run, type WatchOptions, watch } from "./watch.js";
