import type { Readable, Writable } from "node:stream";
import { CliError, Interrupted } from "../cli-error.js";
import type { Io } from "../io.js";
import { checkProjectName } from "./names.js";

/** What was answered. */
export interface Answers {
  readonly name: string;
  readonly insecure: boolean;
}

/** Asks a person what the project is called, and whom its pods trust where that was not said. Rejects with `Interrupted` on Ctrl-C. */
export async function ask(insecure: boolean | undefined, io: Pick<Io, "stdin" | "stdout">): Promise<Answers> {
  const { isCancel, select, text } = await import("@clack/prompts");
  const streams: { input: Readable; output: Writable } = { input: io.stdin, output: io.stdout };
  const name = await text({
    ...streams,
    message: "What is the project called?",
    placeholder: "shop",
    validate: whyNot,
  });
  if (isCancel(name)) throw new Interrupted();
  if (insecure !== undefined) return { name, insecure };
  const trust = await select({
    ...streams,
    message: "Whom do its pods trust, in Kubernetes?",
    options: [
      { value: "secrets", label: "who has a token, over TLS", hint: "both from secrets" },
      { value: "insecure", label: "everybody, without encryption", hint: "RPC_INSECURE, in the manifests" },
    ],
  });
  if (isCancel(trust)) throw new Interrupted();
  return { name, insecure: trust === "insecure" };
}

function whyNot(name: string | undefined): string | undefined {
  try {
    checkProjectName(name ?? "");
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}
