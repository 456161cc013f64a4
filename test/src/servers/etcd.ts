import { join } from "node:path";
import type { Ending } from "../wire/ground/at-end.js";
import { missing } from "./installed.js";
import { openRealServer, type RealServer } from "./real-server.js";

/** Why tests with etcd are skipped; false where it is installed. */
export const etcdMissing: string | false = missing("etcd", "etcd-server");

export interface EtcdOptions {
  /** Clients speak TLS: PEM files, and the authority that their certificates must be signed by, where they must have one. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientAuthority?: string };
}

/** Starts an etcd of one member. A quick one: it grants leases from 1 s on. */
export function openEtcd(t: Ending, { tls }: EtcdOptions = {}): Promise<RealServer> {
  const scheme = tls === undefined ? "http" : "https";
  const secured =
    tls === undefined
      ? []
      : [
          ...["--cert-file", tls.cert, "--key-file", tls.key],
          ...(tls.clientAuthority === undefined
            ? []
            : ["--client-cert-auth", "--trusted-ca-file", tls.clientAuthority]),
        ];
  return openRealServer(t, {
    name: "etcd",
    ports: 3,
    command: async (folder, [client, peer, health]) => [
      "etcd",
      ...["--name", "n1", "--data-dir", join(folder, "data")],
      ...["--listen-client-urls", `${scheme}://127.0.0.1:${client}`],
      ...["--advertise-client-urls", `${scheme}://127.0.0.1:${client}`],
      ...["--listen-peer-urls", `http://127.0.0.1:${peer}`],
      ...["--initial-advertise-peer-urls", `http://127.0.0.1:${peer}`],
      ...["--initial-cluster", `n1=http://127.0.0.1:${peer}`],
      ...["--initial-cluster-token", `n1-${client}`],
      ...["--listen-metrics-urls", `http://127.0.0.1:${health}`],
      ...["--heartbeat-interval", "50", "--election-timeout", "500"],
      ...["--log-level", "error", "--logger", "zap", "--unsafe-no-fsync"],
      ...secured,
    ],
    async healthy([, , health]) {
      const answer = await fetch(`http://127.0.0.1:${health}/health`, { signal: AbortSignal.timeout(1_000) });
      return ((await answer.json()) as { health?: string }).health === "true";
    },
  });
}
