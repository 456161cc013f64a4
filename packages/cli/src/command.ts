import type { Command } from "commander";
import type { Io } from "./io.js";

/** What the user gave to a command. */
export interface Args<Options = object> {
  /** The arguments that are no options, in order. */
  readonly operands: readonly string[];
  /** The command's own options, as commander names them: `--timeout-ms 5` is `timeoutMs`. */
  readonly options: Options;
  /** Whether the output is JSON, for programs to read. */
  readonly json: boolean;
  /** Whether errors show their stacks. */
  readonly verbose: boolean;
  /** Whether the output may be coloured. */
  readonly color: boolean;
}

/**
 * A command, in a module of its own: loaded only when it was asked for, by its name or for its help.
 * What is slow to load belongs into `run`, by `import()`.
 */
export interface CommandModule {
  /** Declares its arguments and options. */
  declare(command: Command): void;
  /** Does it. Resolves to the exit code; rejects with a `CliError`. */
  run(args: Args<never>, io: Io): Promise<number>;
}

/** A command, as it is known before it is loaded. */
export interface Listed {
  readonly name: string;
  /** One line of `rpc --help`. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}
