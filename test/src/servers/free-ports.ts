import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that Linux gives to connections, so that none of them takes one while its server is down. */
const from = 20_000;
const to = 32_000;
const tries = 100;

/** Returns so many neighbouring ports of loopback that nobody listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  for (let n = 0; n < tries; n++) {
    const first = randomInt(from, to);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if ((await Promise.all(ports.map(isFree))).every((free) => free)) return ports;
  }
  throw new Error(`no ${count} neighbouring ports are free between ${from} and ${to}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
