import { Argument, type Command } from "commander";
import type { Args, CommandModule, Listed } from "../command.js";
import type { Io } from "../io.js";

const shells = ["bash", "zsh"] as const;

/** Returns the command `rpc completion`, for these commands. */
export function completionOf(listed: readonly Listed[]): CommandModule {
  return {
    declare(command: Command): void {
      command
        .addArgument(new Argument("<shell>", "the shell that is to complete").choices(shells))
        .addHelpText("after", '\nbash: eval "$(rpc completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc.');
    },
    async run({ operands: [shell] }: Args, io: Io): Promise<number> {
      const { describeCommands } = await import("../completion/describe-commands.js");
      const described = await describeCommands(listed);
      const { bashScript } = await import("../completion/bash.js");
      const { zshScript } = await import("../completion/zsh.js");
      io.stdout.write(shell === "bash" ? bashScript(described) : zshScript(described));
      return 0;
    },
  };
}
