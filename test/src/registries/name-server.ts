import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Answer, decode, encode, type Packet, type Question, streamDecode, streamEncode } from "dns-packet";
import { freePorts } from "../servers/free-ports.js";

/** A name server within a test. */
export interface NameServer {
  readonly address: string;
  /** What it answers: records whose name and type fit the question. */
  zone: readonly Answer[];
  /** Questions it was asked, in order. */
  readonly asked: readonly Question[];
  /** 0 answers, 2 fails (SERVFAIL), 5 refuses; `silent` says nothing, `garbage` says nonsense, `stranger` answers another question first. */
  mood: 0 | 2 | 5 | "silent" | "garbage" | "stranger";
  close(): Promise<void>;
}

/** Listens on loopback, UDP and TCP on one port. What is above 512 bytes does not fit into a datagram of it. */
export async function openNameServer(): Promise<NameServer> {
  const [port] = await freePorts(1);
  const asked: Question[] = [];
  const sockets = new Set<Socket>();
  const answerTo = (query: Packet): Packet => {
    const [question] = query.questions ?? [];
    const answers = server.zone.filter(
      ({ name, type }) =>
        name.toLowerCase() === question?.name.toLowerCase() && (type === question.type || type === "CNAME"),
    );
    const known = server.zone.some(({ name }) => name === question?.name);
    const code = typeof server.mood === "number" && server.mood !== 0 ? server.mood : known ? 0 : 3;
    return {
      ...{ type: "response", id: query.id ?? 0, flags: 0x8180 | code, questions: query.questions ?? [] },
      answers: code === 0 ? answers : [],
    };
  };
  const udp = createSocket("udp4", (bytes, from) => {
    const query = decode(bytes);
    asked.push(...(query.questions ?? []));
    const say = (packet: Packet | Buffer): void =>
      udp.send(packet instanceof Uint8Array ? packet : encode(packet), from.port, from.address);
    if (server.mood === "silent") return;
    if (server.mood === "garbage") return say(Buffer.from("who are you"));
    const answer = answerTo(query);
    if (server.mood === "stranger") {
      const lie = [{ type: "A", name: query.questions![0]!.name, ttl: 60, data: "6.6.6.6" }] as const;
      say({ ...answer, id: (answer.id! + 1) % 2 ** 16, answers: [...lie] });
      say({ ...answer, questions: [{ type: "A", name: "other.example" }], answers: [...lie] });
    }
    const fits = encode(answer).length <= 512;
    say(fits ? answer : { ...answer, flags: answer.flags! | 0x0200, answers: [] });
  });
  const tcp = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => socket.end(streamEncode(answerTo(streamDecode(bytes)!))));
  });
  udp.bind(port!, "127.0.0.1");
  tcp.listen(port!, "127.0.0.1");
  await Promise.all([once(udp, "listening"), once(tcp, "listening")]);
  const server: NameServer = {
    address: `127.0.0.1:${(tcp.address() as AddressInfo).port}`,
    zone: [],
    asked,
    mood: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = [once(tcp, "close"), once(udp, "close")];
      tcp.close();
      udp.close();
      await Promise.all(closed);
    },
  };
  return server;
}
