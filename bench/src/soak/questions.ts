import type { Memory } from "../processes/settled-memory.js";

/** What the processes of a soak are asked. */
export interface SoakQuestions {
  /** Server: listens where it is told, on a port of its own choosing the first time. Answers with its address. */
  listen: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Server: drains, and listens again at the same address. */
  restart: { readonly ask: object; readonly answer: null };
  /** Client: begins to call, or goes on. */
  begin: { readonly ask: { readonly address: string }; readonly answer: null };
  /** Client: makes no more calls; answers when every one of them has settled and nothing is connected any more. */
  rest: { readonly ask: object; readonly answer: Tally };
  memory: { readonly ask: object; readonly answer: Memory };
}

/** How calls ended since the last rest: "ok", or the error's code and reason. */
export type Tally = Readonly<Record<string, number>>;
