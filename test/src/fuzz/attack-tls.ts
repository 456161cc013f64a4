import { once } from "node:events";
import { connect as dial } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { connect as secure } from "node:tls";
import { bind, connect, RpcError, type Server, serve, tls } from "@rpc/core";
import { certify } from "../trust/certificates/certificate.js";
import { bytesOf, ping } from "../wire/raw/frames.js";
import { kinds } from "../wire/raw/numbers.js";
import { TargetService } from "./attack-server.js";
import { Chance } from "./chance.js";
import { caseOf } from "./fuzz-case.js";
import { HarmedSocket } from "./harmed-socket.js";
import { mustEnd } from "./must-end.js";
import { StreamEnd } from "./stream-end.js";

const pingToken = Buffer.from("fuzzping");
/** What a busy machine may take for an answer, in ms. */
const patienceMs = 20_000;
/** What a handshake is worth in bytes: where harm is done falls within it as often as behind it. */
const handshakeBytes = 700;
const atOnce = 8;

/** In which way a case reaches the server: as TLS that is right, as TLS that is harmed under way, or without TLS. */
type Way = "right" | "harmed" | "plain";

/** Says the cases of seeds to a real server over TLS. Returns what they broke. */
export async function attackTls(from: number, count: number): Promise<string[]> {
  const broken: string[] = [];
  const onUncaught = (error: unknown): void => {
    broken.push(`nobody caught: ${error instanceof Error ? error.stack : String(error)}`);
  };
  process.on("uncaughtException", onUncaught);
  process.on("unhandledRejection", onUncaught);
  const { certificate, key } = certify({ name: "target", altNames: ["IP:127.0.0.1"] });
  const transports = { tls: tls({ certificate, key, ca: certificate, handshakeMs: 1_000 }) };
  const server = await serving(transports);
  const connector = connect({ address: server.address, transports });
  const client = connector.client(TargetService);
  let seed = from;
  const lane = async (): Promise<void> => {
    while (seed < from + count) {
      const own = seed++;
      for (const what of await attack(own, server.address, certificate)) broken.push(`seed ${own}: ${what}`);
      if (own % 50 === 0 && (await client.echo(own)) !== own)
        broken.push(`behind seed ${own} another was answered wrongly`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  await connector.close();
  for (let waitedMs = 0; server.connections > 0 && waitedMs < patienceMs; waitedMs += 20) await delay(20);
  if (server.connections > 0) broken.push(`${server.connections} connections are left`);
  await server.close();
  process.removeListener("uncaughtException", onUncaught);
  process.removeListener("unhandledRejection", onUncaught);
  return broken;
}

function serving(transports: Readonly<Record<string, ReturnType<typeof tls>>>): Promise<Server> {
  const echo = (value: unknown): unknown => value;
  return serve({
    services: [
      bind(TargetService, {
        echo,
        again: echo,
        slow: (value) => delay(5, value),
        fail: (value) => {
          throw new RpcError("aborted", "as asked", { reason: "ASKED", details: value });
        },
        async *flow(count) {
          for (let n = 0; n < Math.min(Number(count) || 0, 1_000); n++) yield `item-${n}`;
        },
        async sum(items) {
          let count = 0;
          for await (const _ of items) count++;
          return count;
        },
        talk: (items) => items,
      }),
    ],
    listen: "tls://127.0.0.1:0",
    transports,
    drainMs: 100,
    limits: { helloMs: 1_000, partialMs: 1_000 },
    compression: ["lz4", "deflate"],
  });
}

async function attack(seed: number, address: string, ca: string): Promise<string[]> {
  const chance = new Chance(seed);
  const way = chance.pick<Way>(["right", "right", "harmed", "harmed", "plain"]);
  const stream = await openStream(way, chance, address, ca);
  const end = new StreamEnd(stream);
  let fuzzCase = caseOf(seed);
  for (let next = seed; fuzzCase.side !== "dialler" || fuzzCase.guarded; ) fuzzCase = caseOf(++next * 7_919);
  for (const step of fuzzCase.steps) {
    for (const bytes of step) end.write(bytes);
    await new Promise(setImmediate);
  }
  end.write(bytesOf(ping(pingToken)));
  const over = (): boolean =>
    end.over || end.heard.some(({ kind, rest }) => kind === kinds.pong && rest.equals(pingToken));
  const broken: string[] = [];
  for (let waitedMs = 0; !over() && waitedMs < patienceMs; waitedMs += 5) await delay(5);
  if (!over()) broken.push(`${way}: it neither answers a ping nor ends the connection`);
  if (way === "right") {
    const why = mustEnd("dialler", end.saidAsSent, end.heard);
    if (why !== undefined && !end.over) broken.push(`it goes on after ${why}`);
  }
  end.gone();
  return broken;
}

async function openStream(way: Way, chance: Chance, address: string, ca: string): Promise<Duplex> {
  const { hostname: host, port } = new URL(address);
  const socket = dial({ host, port: Number(port), noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  if (way === "plain") return socket;
  const under = way === "right" ? socket : new HarmedSocket(socket, chance, chance.between(0, 2 * handshakeBytes));
  const stream = secure({ socket: under, ca, servername: "", ALPNProtocols: ["rpc"] });
  stream.on("error", () => {});
  return stream;
}
