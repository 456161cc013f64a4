import mdns from "multicast-dns";
import type { MdnsRecord } from "./announcement.js";
import type { MdnsRegistryOptions } from "./mdns-options.js";

const group = "224.0.0.251";
/** Answers wait so long, in ms, up to twice: who asks at the same time gets the same answer, and not all answer at once (RFC 6762, 6). */
const answerMs = 10;

/** What happens on the network. */
export interface WireEvents {
  /** Returns what is to be answered to a question for these names, a packet each. */
  asked(names: readonly string[]): readonly (readonly MdnsRecord[])[];
  heard(records: readonly MdnsRecord[]): void;
  /** Nothing is heard any more. */
  lost(reason: Error): void;
}

/** A socket that speaks multicast DNS. */
export interface Wire {
  send(records: readonly MdnsRecord[]): Promise<void>;
  ask(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a socket; resolves when it hears. */
export async function openWire(options: MdnsRegistryOptions, events: WireEvents): Promise<Wire> {
  const { port = 5_353, interface: at } = options;
  const loopback = at?.startsWith("127.") === true;
  const socket = mdns({
    port,
    reuseAddr: true,
    ...(at !== undefined && { interface: at }),
    // The loopback interface hears the group only where the socket is bound to it, others where it is bound to all.
    bind: loopback ? group : "0.0.0.0",
  });
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const answer = (): void => {
    timer = undefined;
    const names = [...waiting];
    waiting.clear();
    for (const records of events.asked(names)) void send(records).catch(() => {});
  };
  const send = (records: readonly MdnsRecord[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const answers = records as unknown as Parameters<typeof socket.respond>[0];
      socket.respond(answers, (error: Error | null) => (error ? reject(error) : resolve()));
    });
  await new Promise<void>((resolve, reject) => {
    socket.once("ready", resolve);
    socket.once("error", reject);
  });
  socket.on("error", (error: Error) => {
    socket.destroy();
    events.lost(error);
  });
  // What is no DNS at all: anybody may send that.
  socket.on("warning", () => {});
  socket.on("query", ({ questions = [] }) => {
    for (const { name } of questions) waiting.add(name);
    timer ??= setTimeout(answer, answerMs * (1 + Math.random()));
  });
  socket.on("response", ({ answers = [], additionals = [] }) => {
    events.heard([...answers, ...additionals] as readonly MdnsRecord[]);
  });
  return {
    send,
    ask: (name) =>
      new Promise((resolve, reject) => {
        socket.query({ questions: [{ name, type: "PTR" }] }, (error: Error | null) =>
          error ? reject(error) : resolve(),
        );
      }),
    close: () => {
      clearTimeout(timer);
      return new Promise((resolve) => socket.destroy(() => resolve()));
    },
  };
}
