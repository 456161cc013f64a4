import type { Program } from "../../processes/open-program.js";
import type { Lab } from "../trial.js";
import type { StreamQuestions } from "./questions.js";

/** Both processes of one kind of streams, connected. */
export interface Ends {
  readonly client: Program<StreamQuestions>;
  readonly server: Program<StreamQuestions>;
}

/** Starts both sides. */
export async function openEnds({ openProgram }: Lab, name: "core" | "bare"): Promise<Ends> {
  const file = new URL("./program.js", import.meta.url);
  const open = (side: string): Program<StreamQuestions> =>
    openProgram<StreamQuestions>({ file, name: `${side} of ${name} streams`, args: [side, name] });
  const ends = { client: open("client"), server: open("server") };
  await ends.client.ask("open", { address: await ends.server.ask("open", { address: "" }) });
  return ends;
}
