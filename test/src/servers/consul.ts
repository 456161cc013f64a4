import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Ending } from "../wire/ground/at-end.js";
import { openRealServer, type RealServer } from "./real-server.js";

/** What scripts/build-consul.js builds. */
const program = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "rpc-tests", "consul-1.10.12");

/** Why tests with Consul are skipped; false where it was built. */
export const consulMissing: string | false = existsSync(program)
  ? false
  : "Consul is not there: npm run consul builds it where Go and its module proxy are at hand";

/** Starts a Consul agent that is a cluster of its own and keeps nothing over a restart. `config` is further configuration, as JSON. */
export function openConsul(t: Ending, config: object = {}): Promise<RealServer> {
  return openRealServer(t, {
    name: "consul",
    ports: 4,
    command: async (_folder, [http, server, lan, wan]) => [
      program,
      ...["agent", "-dev", "-bind", "127.0.0.1", "-log-level", "error"],
      ...["-http-port", String(http), "-grpc-port", "-1", "-dns-port", "-1"],
      ...["-server-port", String(server), "-serf-lan-port", String(lan), "-serf-wan-port", String(wan)],
      ...["-hcl", JSON.stringify({ disable_update_check: true, ...config })],
    ],
    async healthy([http]) {
      const answer = await fetch(`http://127.0.0.1:${http}/v1/catalog/nodes`, { signal: AbortSignal.timeout(1_000) });
      // With ACLs a stranger is shown nothing, which is health enough once there is a leader.
      const leader = await fetch(`http://127.0.0.1:${http}/v1/status/leader`, { signal: AbortSignal.timeout(1_000) });
      const nodes = answer.status === 200 ? ((await answer.json()) as readonly unknown[]) : [];
      return (await leader.text()).includes(":") && (nodes.length > 0 || "acl" in config);
    },
  });
}
