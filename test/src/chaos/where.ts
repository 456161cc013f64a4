import type { Registry } from "@rpc/core";
import { etcdRegistry } from "@rpc/registry-etcd";
import { zookeeperRegistry } from "@rpc/registry-zookeeper";

/** Where the registry of a scene is, as it is told to processes. */
export interface Where {
  readonly kind: "etcd" | "zookeeper";
  readonly port: number;
  /** One scene sees nothing of another. */
  readonly cluster: string;
  readonly ttlMs: number;
}

/** Opens the registry in this process. */
export function registryAt({ kind, port, ...options }: Where): Registry {
  return kind === "etcd"
    ? etcdRegistry({ hosts: `http://127.0.0.1:${port}`, ...options })
    : zookeeperRegistry({ hosts: `127.0.0.1:${port}`, ...options });
}
