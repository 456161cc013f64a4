import type { Answered, Question, Questions } from "./open-program.js";

/** What a program does for each question. Rejections go back to who asked. */
export type Answers<Q extends Questions<Q>> = {
  readonly [Name in keyof Q]: (ask: Q[Name]["ask"]) => Promise<Q[Name]["answer"]>;
};

/**
 * Answers what the run asks of this process, over the channel that fork made, and ends with the run. `close` is called,
 * and awaited, where the run asks the process to end by itself.
 */
export function answerQuestions<Q extends Questions<Q>>(answers: Answers<Q>, close: () => Promise<unknown>): void {
  const known = answers as Readonly<Record<string, (ask: unknown) => Promise<unknown>>>;
  const respond = async ({ number, name, ask }: Question): Promise<Answered> => {
    try {
      if (name === "end") {
        await close();
        return { number, answer: true };
      }
      const answer = known[name];
      if (answer === undefined) throw new Error(`Nobody here answers "${name}".`);
      return { number, answer: await answer(ask) };
    } catch (cause) {
      return { number, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
    }
  };
  process.on("message", (question: Question) => {
    void respond(question).then((answered) => {
      process.send?.(answered, () => {
        if (question.name === "end") process.exit(0);
      });
    });
  });
  // Ctrl-C reaches the whole group: the run ends its children, in its own order. Without the run there is nothing to do.
  process.on("SIGINT", () => {});
  process.on("disconnect", () => process.exit(0));
}
