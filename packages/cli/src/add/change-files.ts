import { randomUUID } from "node:crypto";
import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CliError } from "../cli-error.js";

/** What changes in a folder, by path: files to make, none of which may be there, and one to replace. */
export interface Changes {
  readonly made: ReadonlyMap<string, string>;
  readonly replaced: ReadonlyMap<string, { readonly before: string; readonly after: string }>;
}

/**
 * Makes and replaces files, each whole or not at all, then runs `finish`. Where anything fails, `finish` or an interruption
 * included, all is put back as it was, and it rejects with the reason.
 */
export async function changeFiles(
  folder: string,
  { made, replaced }: Changes,
  signal: AbortSignal,
  finish: () => Promise<void>,
): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const [path, text] of made) {
      signal.throwIfAborted();
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await placed(target, text, (draft) => link(draft, target).catch(whereTaken(path))); // a link replaces nothing
      undo.push(() => rm(target, { force: true }));
    }
    for (const [path, { before, after }] of replaced) {
      signal.throwIfAborted();
      const target = join(folder, path);
      await placed(target, after, (draft) => rename(draft, target));
      undo.push(() => placed(target, before, (draft) => rename(draft, target)));
    }
    await finish();
    signal.throwIfAborted();
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** Writes a text beside its place, and lets `place` bring it there. */
async function placed(target: string, text: string, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(target), `.${randomUUID()}.draft`);
  try {
    await writeFile(draft, text, { flag: "wx" });
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

function whereTaken(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw error.code === "EEXIST" ? new CliError(`${path} exists: nothing was changed`) : error;
  };
}
