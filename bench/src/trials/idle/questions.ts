import type { Memory } from "../../processes/settled-memory.js";

/** What the processes of the trial of idle connections are asked. Their argument is whose connections: `core` or `bare`. */
export interface IdleQuestions {
  /** Server: listens, and answers with its address. Client: remembers it. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Client: opens so many connections more, makes one call on each, and keeps them. Answers with how many there are. */
  connect: { readonly ask: { readonly count: number }; readonly answer: number };
  /** What is held after garbage was collected. */
  memory: { readonly ask: object; readonly answer: Memory };
}
