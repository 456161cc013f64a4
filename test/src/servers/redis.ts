import { join } from "node:path";
import type { Ending } from "../wire/ground/at-end.js";
import { ask } from "./ask.js";
import { missing } from "./installed.js";
import { openRealServer, type RealServer } from "./real-server.js";

/** Why tests with Redis are skipped; false where it is installed. */
export const redisMissing: string | false = missing("redis-server", "redis-server");

/** Starts a Redis that keeps nothing over a restart. `args` are further arguments, such as `--requirepass`. */
export function openRedis(t: Ending, args: readonly string[] = []): Promise<RealServer> {
  return openRealServer(t, {
    name: "redis",
    ports: 1,
    command: async (folder, [port]) => [
      "redis-server",
      ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      ...["--dir", join(folder, "data")],
      ...args,
    ],
    healthy: async ([port]) => /^(\+PONG|-NOAUTH)/.test(await ask(port!, "PING\r\n")),
  });
}
