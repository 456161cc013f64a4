import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CliError, ExitCode } from "../cli-error.js";

/** Rejects with a `CliError` unless a folder can be made there: it is missing or empty, and has a parent. */
export async function checkFree(folder: string): Promise<void> {
  const found = await lstat(folder).catch(whereMissing);
  if (found === undefined) {
    const parent = await lstat(dirname(folder)).catch(whereMissing);
    if (parent === undefined) throw new CliError(`there is no folder ${dirname(folder)}: make it first`);
    return;
  }
  if (!found.isDirectory()) throw new CliError(`${folder} exists and is no folder: nothing was written`);
  const [first] = await readdir(folder);
  if (first !== undefined) {
    throw new CliError(`${folder} is not empty, there is ${first}: nothing was written. Choose another --folder`);
  }
}

/**
 * Makes a folder with these files: whole or not at all. They are written beside it, under a name that begins with a dot, and
 * what was written is renamed at the end. Rejects with the signal's reason where it aborts in between, and with a `CliError`
 * where the file system refuses.
 */
export async function writeProject(
  folder: string,
  files: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const draft = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`)).catch(refused(folder));
  try {
    for (const [path, text] of files) {
      signal.throwIfAborted();
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), text);
    }
    await chmod(draft, 0o777 & ~process.umask()); // mkdtemp makes it for this user alone
    signal.throwIfAborted();
    await rmdir(folder).catch(whereMissing); // an empty one: rmdir refuses any other, and so does rename
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    return refused(folder)(error);
  }
}

/** Says in words of ours what the file system refuses; whatever else it is stays as it is. */
function refused(folder: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new CliError(`${folder} cannot be written, and nothing was: ${error.message}`, ExitCode.no, { cause: error });
  };
}

function whereMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
