import { openProgram, type Program } from "./open-program.js";
import type { Requests, Side } from "./requests.js";

/** The process of one side of a subject. */
export type Child = Program<Requests>;

export interface ChildOptions {
  readonly side: Side;
  readonly subject: string;
  /** The other build's folder, for the subject that is it. */
  readonly against?: string | undefined;
  /** Options of node itself, see `openProgram`. */
  readonly nodeOptions?: readonly string[];
}

/** Starts the process of one side of a subject. It ends when this process does, however that ends. */
export function openChild({ side, subject, against, nodeOptions = [] }: ChildOptions): Child {
  return openProgram<Requests>({
    file: new URL("./child.js", import.meta.url),
    name: `${side} process of ${subject}`,
    args: against === undefined ? [side, subject] : [side, subject, against],
    nodeOptions,
  });
}
