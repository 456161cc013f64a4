import type { Registry } from "@rpc/core";
import { etcdRegistry } from "@rpc/registry-etcd";

/** Where all processes find each other: one etcd, or `ETCD=http://host:2379`. */
export const registry = (): Registry => etcdRegistry({ hosts: [process.env["ETCD"] ?? "http://127.0.0.1:2379"] });
