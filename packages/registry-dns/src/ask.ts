import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { decode, encode, type Packet, streamDecode, streamEncode } from "dns-packet";
import type { NameServer } from "./dns-options.js";

export type RecordType = "A" | "AAAA" | "SRV";

/** Largest answer that is asked for over UDP, in bytes (dnsflagday.net/2020). */
const datagramBytes = 1_232;
const nameError = 3;
/** What a server means that answers nothing (RFC 1035, 4.1.1). */
const codes: Readonly<Record<number, string>> = {
  1: "code 1 (FORMERR)",
  2: "code 2 (SERVFAIL)",
  4: "code 4 (NOTIMP)",
  5: "code 5 (REFUSED)",
};
/** The flag of an answer that did not fit. */
const truncated = 0x0200;

/**
 * Asks one name server about one name, over UDP, and over TCP where the answer does not fit (RFC 1035, RFC 7766); resolves to
 * the answer, an empty one where there is no such name. Rejects where it refuses, fails, answers something else, or not in time.
 */
export async function ask(
  server: NameServer,
  name: string,
  type: RecordType,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Packet> {
  const query: Packet = {
    type: "query",
    id: randomInt(2 ** 16),
    flags: 0x0100, // recursion desired
    questions: [{ type, name }],
    additionals: [
      {
        type: "OPT",
        name: ".",
        udpPayloadSize: datagramBytes,
        flags: 0,
        flag_do: false,
        options: [],
        extendedRcode: 0,
        ednsVersion: 0,
      },
    ],
  };
  const first = await overUdp(server, query, timeoutMs, signal);
  const answer = ((first.flags ?? 0) & truncated) !== 0 ? await overTcp(server, query, timeoutMs, signal) : first;
  const code = (answer.flags ?? 0) & 0xf;
  if (code !== 0 && code !== nameError)
    throw new Error(
      `the name server ${server.host}:${server.port} answers ${codes[code] ?? code} about ${type} ${name}`,
    );
  return answer;
}

function overUdp(server: NameServer, query: Packet, timeoutMs: number, signal: AbortSignal): Promise<Packet> {
  return inTime(server, timeoutMs, signal, (resolve, reject) => {
    const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4");
    socket.on("error", reject);
    socket.on("message", (bytes, from) => {
      // Anybody can send here: only the server's own answer to this question counts.
      const answer = from.port === server.port ? decoded(() => decode(bytes)) : undefined;
      if (answer !== undefined && isAnswer(answer, query)) resolve(answer);
    });
    socket.connect(server.port, server.host, () => socket.send(encode(query)));
    return () => socket.close();
  });
}

function overTcp(server: NameServer, query: Packet, timeoutMs: number, signal: AbortSignal): Promise<Packet> {
  return inTime(server, timeoutMs, signal, (resolve, reject) => {
    let read = Buffer.alloc(0);
    const socket = connect(server.port, server.host, () => socket.write(streamEncode(query)));
    socket.on("error", reject);
    socket.on("close", () =>
      reject(new Error(`the name server ${server.host}:${server.port} closed without an answer`)),
    );
    socket.on("data", (bytes) => {
      read = Buffer.concat([read, bytes]);
      if (read.length < 2 || read.length < 2 + read.readUInt16BE(0)) return;
      const answer = decoded(() => streamDecode(read) ?? undefined);
      if (answer !== undefined && isAnswer(answer, query)) resolve(answer);
      else reject(new Error(`the name server ${server.host}:${server.port} answers something else`));
    });
    return () => socket.destroy();
  });
}

type Begin = (resolve: (answer: Packet) => void, reject: (reason: unknown) => void) => () => void;

function inTime({ host, port }: NameServer, timeoutMs: number, signal: AbortSignal, begin: Begin): Promise<Packet> {
  let end = (): void => {};
  let onAbort = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const answered = new Promise<Packet>((resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    timer = setTimeout(
      () => reject(new Error(`the name server ${host}:${port} did not answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
    end = begin(resolve, reject);
  });
  return answered.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    end();
  });
}

function decoded(decode: () => Packet | undefined): Packet | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function isAnswer(answer: Packet, query: Packet): boolean {
  const [asked, echoed] = [query.questions?.[0], answer.questions?.[0]];
  return (
    answer.type === "response" &&
    answer.id === query.id &&
    echoed?.type === asked?.type &&
    echoed?.name.toLowerCase() === asked?.name.toLowerCase()
  );
}
