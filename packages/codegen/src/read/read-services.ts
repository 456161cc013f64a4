import { setImmediate as turn } from "node:timers/promises";
import { ts } from "ts-morph";
import type { ServiceModel } from "../model.js";
import type { Settings } from "../options.js";
import type { Refusal } from "../refusal.js";
import { readProject, type Sources } from "./project.js";
import type { World } from "./reading.js";
import type { RecordedDisk } from "./recorded-disk.js";
import { servicesIn } from "./services.js";

/** What was found: services, or what was wrong with them. */
export interface Found {
  readonly services: readonly ServiceModel[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly string[];
  /** The project's own files that were read. */
  readonly read: readonly string[];
}

/** Returns all services of a project, and everything that keeps them from being written. Rejects with the signal's reason. */
export async function readServices(
  settings: Settings,
  disk: RecordedDisk,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const refusals = new Map<string, Refusal>();
  const add = (refusal: Refusal): void => {
    const { file, line, column, reason } = refusal;
    const key = file === undefined ? reason : `${file}:${line}:${column} ${reason}`;
    if (!refusals.has(key)) refusals.set(key, refusal);
  };
  const sources = readProject(settings, disk, add);
  if (sources === undefined) return { services: [], refusals: [...refusals.values()], warnings: [], read: [] };
  const read = ownFiles(sources.program);
  for (const refusal of syntaxErrors(sources.program, read, settings.cwd)) add(refusal);
  const warnings: string[] = [];
  const world: World = {
    warn: ({ node, subject }, what) => {
      const { file, line, column } = placeOf(node, settings.cwd);
      warnings.push(`${file}:${line}:${column} ${subject}: ${what}`);
    },
    program: sources.program,
    checker: sources.program.getTypeChecker(),
    refuse: ({ node, subject }, reason, fix) => add({ ...placeOf(node, settings.cwd), subject, reason, fix }),
  };
  // What cannot be parsed makes the compiler guess: it is to be mended first.
  const services = refusals.size > 0 ? [] : await find(world, sources, settings.cwd, signal);
  if (refusals.size === 0 && services.length === 0) add(nothingFound(settings));
  return {
    services,
    refusals: [...refusals.values()].sort(byPlace),
    warnings,
    read: read.map(({ fileName }) => fileName),
  };
}

/** Looks up between files, so that Ctrl-C is heard before all is read. Rejects with the signal's reason. */
async function find(
  world: World,
  { files }: Sources,
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<ServiceModel[]> {
  const found: ServiceModel[] = [];
  for (const file of files) {
    await turn();
    signal?.throwIfAborted();
    found.push(...servicesIn(world, file, relative(file.fileName, cwd)));
  }
  return found;
}

function ownFiles(program: ts.Program): ts.SourceFile[] {
  return program
    .getSourceFiles()
    .filter((file) => !program.isSourceFileDefaultLibrary(file) && !file.fileName.includes("/node_modules/"));
}

function syntaxErrors(program: ts.Program, files: readonly ts.SourceFile[], cwd: string): Refusal[] {
  return files.flatMap((file) =>
    program.getSyntacticDiagnostics(file).map(({ start, messageText }) => ({
      ...positionOf(file, start, cwd),
      reason: ts.flattenDiagnosticMessageText(messageText, " ").replace(/\.$/, ""),
      fix: "mend what is not TypeScript",
    })),
  );
}

function placeOf(node: ts.Node, cwd: string): Pick<Refusal, "file" | "line" | "column"> {
  const file = node.getSourceFile();
  return positionOf(file, node.getStart(file), cwd);
}

function positionOf(file: ts.SourceFile, start: number, cwd: string): Pick<Refusal, "file" | "line" | "column"> {
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return { file: relative(file.fileName, cwd), line: line + 1, column: character + 1 };
}

/** Returns a path as people read it: from the folder of the run, upwards too. */
function relative(path: string, cwd: string): string {
  const [from, to] = [cwd.split("/"), path.split("/")];
  let same = 0;
  while (same < from.length && from[same] === to[same]) same++;
  return [...from.slice(same).map(() => ".."), ...to.slice(same)].join("/");
}

function nothingFound({ sources, project, cwd }: Settings): Refusal {
  const where =
    sources.length > 0
      ? sources.map((each) => relative(each, cwd)).join(", ")
      : project === undefined
        ? "the project"
        : relative(project, cwd);
  return {
    reason: `no class with @Service of @rpc/decorators was found in ${where}`,
    fix: "put @Service() on a class, or say where to look",
  };
}

function byPlace(a: Refusal, b: Refusal): number {
  const [fileA, fileB] = [a.file ?? "", b.file ?? ""];
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
