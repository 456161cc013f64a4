import { CliError, ExitCode } from "../cli-error.js";

/** Writes the clients of a project anew, as `rpc generate` does; resolves to the paths of those that are new or other than before. */
export async function regenerate(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const { GenerateError, generate } = await import("@rpc/codegen"); // slow to load
  try {
    return (await generate({ cwd: folder, signal })).written;
  } catch (error) {
    if (!(error instanceof GenerateError)) throw error;
    const why = `clients cannot be generated, so nothing was changed. Mend this first:\n${error.message}`;
    throw new CliError(why, ExitCode.no, { cause: error });
  }
}
