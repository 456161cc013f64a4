import type { Figures, Message } from "./messages.js";
import type { Screen } from "./screen.js";

/** How many failed calls are shown one by one. */
const shownFailures = 10;

/** Shows what happens as it happens, and remembers what must be true at the end. */
export interface Onlooker {
  /** The client sends its first order: times are counted from now. */
  begin(): void;
  /** Takes a message of the client. */
  see(message: Message): void;
  /** A server was killed. */
  killed(server: string, pid: number): void;
  /** A server that was killed runs again. Resolves when it has answered its first call since. */
  back(server: string, pid: number): Promise<void>;
  /** Of the whole run, once the client has stopped. */
  figures(): Figures;
  /** What went wrong with the calls and the servers; the store is judged by the proof. */
  complaints(): readonly string[];
}

/** Returns an onlooker that has seen nothing yet. */
export function createOnlooker(screen: Screen, servers: readonly string[]): Onlooker {
  let startedAt = performance.now();
  const atMs = () => performance.now() - startedAt;
  const down = new Set<string>();
  /** Servers that are back and have not answered yet, with whom to tell when they have. */
  const awaited = new Map<string, () => void>();
  let failures = 0;
  let total: Figures | undefined;

  return {
    begin: () => {
      startedAt = performance.now();
    },
    see: (message) => {
      if (message.kind === "failure") {
        failures++;
        if (failures <= shownFailures) screen.event(atMs(), `${message.orderId} failed: ${message.why}`, "bad");
        if (failures === shownFailures) screen.event(atMs(), "further failures are only counted", "bad");
      } else if (message.kind === "second") {
        const { figures } = message;
        screen.second(message.atMs, figures, servers, down);
        for (const [server, tell] of awaited) {
          if (!figures.answeredBy[server]) continue;
          awaited.delete(server);
          tell();
        }
      } else if (message.kind === "done") {
        total = message.figures;
      }
    },
    killed: (server, pid) => {
      down.add(server);
      screen.event(atMs(), `${server} killed (SIGKILL), process ${pid}`);
    },
    back: (server, pid) => {
      down.delete(server);
      screen.event(atMs(), `${server} is back, process ${pid}`, "good");
      return new Promise((resolve) => awaited.set(server, resolve));
    },
    figures: () => {
      if (total === undefined) throw new Error("the client ended without telling its figures");
      return total;
    },
    complaints: () => [
      ...(failures > 0 ? [`${failures} calls failed`] : []),
      ...[...awaited.keys()].map((server) => `${server} answered no call once it was back`),
    ],
  };
}
