import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const { SHOP_STORE, SHOP_REGISTRY, SHOP_CLUSTER, SHOP_SERVER, SHOP_LEDGER, SHOP_RATE } = process.env;
const cluster = SHOP_CLUSTER ?? "shop";

/** What every process of the shop is told by its environment. Told nothing, all processes of one user find each other. */
export const settings = {
  /** The folder in which orders and reservations are kept. */
  store: SHOP_STORE ?? join(tmpdir(), `rpc-shop-${userInfo().username}`),
  /** Where the processes find each other. */
  registry: { cluster, ...(SHOP_REGISTRY === undefined ? {} : { directory: SHOP_REGISTRY }) },
  /** Which processes belong together: one of another cluster is never talked to. */
  cluster,
  /** What this server is called. */
  server: SHOP_SERVER ?? `server ${process.pid}`,
  /** The folder in which the client notes what it sent and what was answered; undefined for nowhere. */
  ledger: SHOP_LEDGER,
  /** Orders that the client sends in a second. */
  rate: Number(SHOP_RATE ?? 200),
};
