import { PassThrough } from "node:stream";
import type { Command, Option } from "commander";
import type { Listed } from "../command.js";
import { createProgram } from "../create-program.js";

/** An option, as a shell completes it. */
export interface DescribedOption {
  /** How it is written: `-m` and `--metadata`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** What its value is called; undefined where it takes none. */
  readonly value: string | undefined;
  /** The values there are, where they are known. */
  readonly choices: readonly string[];
}

/** A command, as a shell completes it. */
export interface DescribedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly DescribedOption[];
  /** Words that its arguments may be, where they are known. */
  readonly choices: readonly string[];
}

/** Returns all commands with their options, those of every command among them. Loads the modules of all. */
export async function describeCommands(listed: readonly Listed[]): Promise<readonly DescribedCommand[]> {
  const nowhere = new PassThrough();
  const program = createProgram(nowhere, nowhere);
  const ofAll = program.options.map(describeOption);
  return Promise.all(
    listed.map(async ({ name, summary, load }) => {
      const command: Command = program.command(name);
      (await load()).declare(command);
      return {
        name,
        summary,
        options: [...command.options.map(describeOption), ...ofAll, help],
        choices: [
          ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
          ...command.commands.map((each) => each.name()),
        ],
      };
    }),
  );
}

const help: DescribedOption = {
  names: ["-h", "--help"],
  summary: "show what it takes",
  value: undefined,
  choices: [],
};

function describeOption(option: Option): DescribedOption {
  const takesValue = option.required || option.optional;
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    summary: option.description,
    value: takesValue ? option.name() : undefined,
    choices: option.argChoices ?? [],
  };
}
