import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Contract, readContract } from "@rpc/schema";
import { CliError, ExitCode } from "../cli-error.js";
import type { Io } from "../io.js";
import { readJson } from "../json/read-json.js";

const run = promisify(execFile);

/** Reads the contract of now. Rejects with a `CliError` that says to generate it where it is not there. */
export async function contractNow(file: string, io: Io): Promise<Contract> {
  const text = await readFile(resolve(io.cwd, file), "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "ENOENT"
      ? new CliError(`there is no ${file}: rpc generate writes it, and --contract names another one`)
      : new CliError(`${file} cannot be read: ${cause.code}`, ExitCode.usage, { cause });
  });
  return parsed(text, file);
}

/** Reads the contract of before: of a file, of a folder that has one, or the same file in a commit that git knows. */
export async function contractBefore(
  { against, contract }: { readonly against: string; readonly contract: string },
  io: Io,
): Promise<Contract> {
  const path = resolve(io.cwd, against);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return parsed(await ofCommit(against, contract, io), `${contract} of ${against}`);
  return contractNow(found.isDirectory() ? join(path, "contract.json") : path, io);
}

async function ofCommit(ref: string, file: string, io: Io): Promise<string> {
  const git = async (...args: string[]): Promise<string> => {
    const options = { cwd: dirname(resolve(io.cwd, file)), maxBuffer: 2 ** 28, signal: io.signal };
    return (await run("git", args, options)).stdout;
  };
  const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`).catch(
    (cause: Error) => {
      const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? " (there is no git here)" : "";
      throw new CliError(`--against: ${ref} is neither a file nor a commit that git knows${why}`, ExitCode.usage, {
        cause,
      });
    },
  );
  const name = `./${basename(file)}`;
  return git("show", `${commit.trim()}:${name}`).catch((cause: Error) => {
    throw new CliError(
      `${ref} has no ${file}: rpc generate writes it; commit it, to compare with it later`,
      ExitCode.usage,
      {
        cause,
      },
    );
  });
}

function parsed(text: string, where: string): Contract {
  const json = readJson(text, where);
  try {
    return readContract(json);
  } catch (cause) {
    throw new CliError(`${where} is no contract: ${(cause as Error).message}`, ExitCode.usage, { cause });
  }
}
