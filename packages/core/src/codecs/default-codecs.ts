import type { Codec } from "../contract/codec.js";
import { bytes, json, messagePack } from "./index.js";

/** What either side offers unless told otherwise, the preferred one first. */
export const defaultCodecs: readonly Codec[] = [messagePack, json, bytes];
