import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { etcdRegistry } from "@rpc/registry-etcd";
import { etcdMissing, openEtcd } from "../servers/etcd.js";
import { type Kind, timeoutMs, ttlMs } from "./outages.js";

const run = promisify(execFile);

/** Runs etcd's own client, with credentials `user:password` where they are given. */
export async function etcdctl(port: number, args: readonly string[], user?: string): Promise<string> {
  const as = user === undefined ? [] : ["--user", user];
  const env = { ...process.env, ETCDCTL_API: "3" };
  return (await run("etcdctl", ["--endpoints", `http://127.0.0.1:${port}`, ...as, ...args], { env })).stdout;
}

export const etcdKind: Kind = {
  name: "etcd",
  skip: etcdMissing,
  openServer: openEtcd,
  registry: (port, options) => etcdRegistry({ hosts: `http://127.0.0.1:${port}`, ttlMs, timeoutMs, ...options }),
  remove: async (port, service, id) => {
    await etcdctl(port, ["del", `rpc/default/${service}/${id}`]);
  },
  put: async (port, service, id, text) => {
    await etcdctl(port, ["put", `rpc/default/${service}/${id}`, "--", text.replaceAll("\0", "")]);
  },
};
