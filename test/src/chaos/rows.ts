import type { LocalRow, Row } from "./row.js";
import { allUnavailable } from "./rows/all-unavailable.js";
import { killedIdempotent } from "./rows/killed-idempotent.js";
import { killedPlain } from "./rows/killed-plain.js";
import { newcomers } from "./rows/newcomers.js";
import { hashing, pickers } from "./rows/pickers.js";
import { registryAway } from "./rows/registry-away.js";
import { registryWiped } from "./rows/registry-wiped.js";
import { rollingRestart } from "./rows/rolling-restart.js";
import { slowServer } from "./rows/slow-server.js";

/** Rows that happen to processes, with each registry anew. */
export const rows: readonly Row[] = [
  killedIdempotent,
  killedPlain,
  registryAway,
  registryWiped,
  rollingRestart,
  slowServer,
  allUnavailable,
  newcomers,
];

/** Rows that know of no registry. */
export const localRows: readonly LocalRow[] = [pickers, hashing];
