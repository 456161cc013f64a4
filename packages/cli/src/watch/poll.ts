import { type Clock, type ReflectedInstance, RpcError, type ServerStats } from "@rpc/core";
import { pause } from "../pause.js";

/** What asking an instance came to. */
export type Answer =
  | { readonly kind: "figures"; readonly instance: ReflectedInstance; readonly stats: ServerStats }
  | { readonly kind: "unreachable"; readonly reason: string };

/** Asks one instance for its figures; the signal says that nobody wants them any more. */
export type Ask = (
  signal: AbortSignal,
) => Promise<{ readonly instance: ReflectedInstance; readonly stats: ServerStats }>;

/** Asks again and again, so long after each answer, until the signal aborts. Never rejects. */
export async function poll(
  ask: Ask,
  everyMs: number,
  clock: Clock,
  signal: AbortSignal,
  onAnswer: (answer: Answer) => void,
): Promise<void> {
  while (!signal.aborted) {
    const answer = await ask(signal).then(
      (figures): Answer => ({ kind: "figures", ...figures }),
      (thrown: unknown): Answer => ({ kind: "unreachable", reason: reasonOf(thrown) }),
    );
    if (signal.aborted) return;
    onAnswer(answer);
    await pause(everyMs, clock, signal);
  }
}

/** The path of what was asked says nothing to who watches. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof RpcError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const { code, reason, message } = thrown;
  if (code === "deadline_exceeded") return "it does not answer";
  if (code === "unimplemented" || reason === "NO_SERVICE") return "it does not tell: its reflection is switched off";
  if (code === "permission_denied" || code === "unauthenticated") return `it does not tell everybody: ${reason}`;
  return message.replace(/^.*? is not reachable[^:]*: /, "");
}
