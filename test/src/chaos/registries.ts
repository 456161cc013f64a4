import { etcdMissing, openEtcd } from "../servers/etcd.js";
import type { RealServer } from "../servers/real-server.js";
import { openZookeeper, zookeeperMissing } from "../servers/zookeeper.js";
import type { Ending } from "../wire/ground/at-end.js";
import type { Where } from "./where.js";

/** The registries that a run goes through, in their order. */
export const registries: Readonly<
  Record<
    Where["kind"],
    { readonly title: string; readonly missing: string | false; open(t: Ending): Promise<RealServer> }
  >
> = {
  etcd: { title: "etcd", missing: etcdMissing, open: openEtcd },
  zookeeper: { title: "ZooKeeper", missing: zookeeperMissing, open: openZookeeper },
};
