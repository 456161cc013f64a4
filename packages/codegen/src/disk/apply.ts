import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Refusal } from "../refusal.js";
import { mark } from "../write/client-file.js";

/** What has to be done so that a folder holds what it should. Names are those of files within it. */
export interface Plan {
  readonly folder: string;
  readonly write: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
  readonly unchanged: readonly string[];
  /** Files that are in the way and not ours. */
  readonly refusals: readonly Refusal[];
}

const drafts = /^\.rpc-generate-(\d+)-.*\.draft$/;

/** Compares a folder with what it should hold. `shown` is how people call it. */
export function planFor(folder: string, files: Readonly<Record<string, string>>, shown: string): Plan {
  const write: Record<string, string> = {};
  const unchanged: string[] = [];
  const refusals: Refusal[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    const now = isThere(path) ? (textOf(path) ?? "something else than a file") : undefined;
    if (now === text) unchanged.push(name);
    else write[name] = text;
    if (now !== undefined && !isOurs(name, now)) refusals.push(inTheWay(`${shown}/${name}`));
  }
  const remove = namesIn(folder).filter((name) => {
    return name.endsWith(".client.ts") && files[name] === undefined && isOurs(name, textOf(`${folder}/${name}`) ?? "");
  });
  return { folder, write, remove, unchanged, refusals };
}

/**
 * Does what a plan says: all of it, or nothing where something cannot be written. It is done in one go, without
 * letting anything else of this process run: who ends the process by a signal that is handled finds the folder as
 * it was or as it should be. Each file is written beside its place and then moved there.
 */
export function apply({ folder, write, remove }: Plan): void {
  const names = Object.keys(write);
  if (names.length > 0) mkdirSync(folder, { recursive: true });
  const draftOf = (name: string): string => `${folder}/.rpc-generate-${process.pid}-${name}.draft`;
  for (const name of namesIn(folder)) if (isLeftOver(name)) rmSync(`${folder}/${name}`, { force: true });
  try {
    for (const name of names) writeFileSync(draftOf(name), write[name]!);
  } catch (error) {
    for (const name of names) rmSync(draftOf(name), { force: true });
    throw error;
  }
  for (const name of names) renameSync(draftOf(name), `${folder}/${name}`);
  for (const name of remove) rmSync(`${folder}/${name}`, { force: true });
}

/** Whether a file is the draft of a run that is no more: another one may be writing right now. */
function isLeftOver(name: string): boolean {
  const pid = Number(drafts.exec(name)?.[1] ?? 0);
  if (pid === 0 || pid === process.pid) return pid !== 0;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function isOurs(name: string, text: string): boolean {
  if (name !== "contract.json") return text === "" || text.startsWith(mark);
  return text === "" || /^\s*\{\s*"format": *\d/.test(text);
}

function inTheWay(file: string): Refusal {
  return {
    file,
    reason: "it is there already, and was not written by this command",
    fix: "move it away, or choose another folder",
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // a folder above it is none: writing will tell
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
