import { type Interceptor, RpcError } from "@rpc/core";
import { hasParent, tellParent } from "../parent.js";
import { createTally } from "./figures.js";
import type { Message } from "./messages.js";
import { createScreen } from "./screen.js";

/** What the client tells of its calls while it makes them. */
export interface Report {
  /** Sees which server answered, and after how many attempts. */
  readonly interceptor: Interceptor;
  /** From now on a message is sent each second. */
  start(): void;
  /** A call for this order begins. What it returns takes the error it failed with, or nothing. */
  begin(orderId: string): (error?: unknown) => void;
  /** Sends the rest and the figures of the whole run. */
  end(): Promise<void>;
}

/** Returns a report to the process that started this one, or to the screen where there is none. */
export function createReport(): Report {
  const send = hasParent ? tellParent : onScreen();
  const total = createTally();
  let second = createTally();
  let startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;

  const tellSecond = () => {
    void send({ kind: "second", atMs: performance.now() - startedAt, figures: second.figures() });
    second = createTally();
  };

  return {
    interceptor: (next) => async (call) => {
      const answer = await next(call);
      const server = call.endpoint?.tags["server"] ?? "an unknown server";
      for (const tally of [second, total]) tally.answered(server, call.attempt);
      return answer;
    },
    start: () => {
      startedAt = performance.now();
      timer = setInterval(tellSecond, 1_000);
    },
    begin: (orderId) => {
      const sentAt = performance.now();
      return (error) => {
        const latencyMs = performance.now() - sentAt;
        for (const tally of [second, total]) tally.settled(latencyMs);
        if (error === undefined) return;
        const attempts = error instanceof RpcError ? error.attempts : 1;
        for (const tally of [second, total]) tally.failed(attempts);
        void send({ kind: "failure", orderId, why: describe(error) });
      };
    },
    end: async () => {
      clearInterval(timer);
      if (second.figures().calls > 0) tellSecond();
      await send({ kind: "done", figures: total.figures() });
    },
  };
}

/** Says all that an error knows. */
function describe(error: unknown): string {
  if (!(error instanceof RpcError)) return String(error);
  const { code, reason, processed, endpoint = "no endpoint", attempts, message } = error;
  return `${code} / ${reason}, processed: ${processed}, ${attempts} attempts, last at ${endpoint}: ${message}`;
}

function onScreen(): (message: Message) => Promise<void> {
  const screen = createScreen();
  const servers = new Set<string>();
  return async (message) => {
    if (message.kind === "failure") screen.line(`${message.orderId} failed: ${message.why}`, "bad");
    if (message.kind !== "second") return;
    for (const server of Object.keys(message.figures.answeredBy)) servers.add(server);
    screen.second(message.atMs, message.figures, [...servers], new Set());
  };
}
