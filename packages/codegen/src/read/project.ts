import { Project, ts } from "ts-morph";
import type { Settings } from "../options.js";
import type { Refusal } from "../refusal.js";
import type { RecordedDisk } from "./recorded-disk.js";

/** What is read of a project. */
export interface Sources {
  readonly program: ts.Program;
  /** Files in which there may be services. */
  readonly files: readonly ts.SourceFile[];
}

const extensions = [".ts", ".tsx", ".mts", ".cts"];
const isTest = /\.(?:test|spec)\.[cm]?tsx?$/;
const isDeclaration = /\.d\.[cm]?ts$/;
/** Types are read as strictly as they can be: what may be undefined is so in the client too, whatever the project's own settings. */
const forced: ts.CompilerOptions = {
  strict: true,
  strictNullChecks: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  noEmit: true,
  composite: false,
  incremental: false,
  declaration: false,
  experimentalDecorators: true,
};

/** Reads a project's sources, none of which runs. What cannot be read is told to `refuse`, and undefined returned. */
export function readProject(
  settings: Settings,
  disk: RecordedDisk,
  refuse: (refusal: Refusal) => void,
): Sources | undefined {
  const config = configOf(settings, disk, refuse);
  if (config === undefined) return undefined;
  const candidates =
    settings.sources.length === 0
      ? config.files.filter((each) => !isTest.test(each))
      : namedFiles(settings, disk, refuse);
  if (candidates === undefined) return undefined;
  const services = candidates.filter((file) => !isDeclaration.test(file) && mayHoldService(disk.readFileSync(file)));
  const project = new Project({
    fileSystem: disk,
    compilerOptions: { types: ["*"], ...config.options, ...forced },
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
  });
  const ambient = config.files.filter((file) => isDeclaration.test(file));
  for (const file of new Set([...ambient, ...services])) project.addSourceFileAtPath(file);
  const program = project.getProgram().compilerObject;
  return { program, files: services.map((file) => program.getSourceFile(file)!) };
}

/** A decorator, or something like it, and a class. */
function mayHoldService(text: string): boolean {
  return /@[\w$.]+\s*\(|@[\w$.]+\s*(?:export\s|abstract\s|class\s)/.test(text) && /\bclass\b/.test(text);
}

interface Config {
  readonly options: ts.CompilerOptions;
  readonly files: readonly string[];
}

function configOf(
  { cwd, project }: Settings,
  disk: RecordedDisk,
  refuse: (refusal: Refusal) => void,
): Config | undefined {
  const path = project ?? `${cwd}/tsconfig.json`;
  const host: ts.ParseConfigHost = {
    useCaseSensitiveFileNames: true,
    fileExists: (file) => disk.fileExistsSync(file),
    readFile: (file) => (disk.fileExistsSync(file) ? disk.readFileSync(file) : undefined),
    readDirectory: (root, endings, excludes, includes, depth) =>
      matching(disk, root, endings, excludes, includes, depth),
  };
  const file = project ?? path.slice(cwd.length + 1);
  if (!disk.fileExistsSync(path)) {
    if (project === undefined) return parse({}, host, cwd);
    refuse({ reason: `there is no ${project}`, fix: "give the path of a tsconfig.json, or leave it out" });
    return undefined;
  }
  const read = ts.readConfigFile(path, (name) => host.readFile(name));
  if (read.error !== undefined) return broken(file, [read.error], refuse);
  const parsed = ts.parseJsonConfigFileContent(
    read.config,
    host,
    path.slice(0, path.lastIndexOf("/")),
    undefined,
    path,
  );
  const errors = parsed.errors.filter(({ code }) => code !== 18003 && code !== 18002); // no files, told below in words of ours
  if (errors.length > 0) return broken(file, errors, refuse);
  if (parsed.fileNames.length === 0 && (parsed.projectReferences?.length ?? 0) > 0) {
    const [first] = parsed.projectReferences!;
    const reason = "it has no files of its own, only references to other projects";
    refuse({
      file,
      reason,
      fix: `give the tsconfig.json of the one with the services, e.g. ${first?.originalPath ?? first?.path}`,
    });
    return undefined;
  }
  return { options: parsed.options, files: parsed.fileNames };
}

function parse(config: object, host: ts.ParseConfigHost, folder: string): Config {
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, host, folder);
  const { NodeNext } = ts.ModuleKind;
  const defaults = {
    target: ts.ScriptTarget.ES2022,
    module: NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  return { options: { ...defaults, ...options }, files: fileNames };
}

function broken(file: string, errors: readonly ts.Diagnostic[], refuse: (refusal: Refusal) => void): undefined {
  for (const { messageText } of errors) {
    refuse({ file, reason: ts.flattenDiagnosticMessageText(messageText, " ").replace(/\.$/, ""), fix: "mend it" });
  }
}

/** Files below a folder by the rules of tsconfig.json: the compiler's own function, which it keeps to itself. */
function matching(
  disk: RecordedDisk,
  root: string,
  endings: readonly string[],
  excludes: readonly string[] | undefined,
  includes: readonly string[],
  depth?: number,
): readonly string[] {
  const { matchFiles } = ts as unknown as { matchFiles(...input: unknown[]): string[] };
  const entriesOf = (folder: string): { files: string[]; directories: string[] } => {
    const entries = disk.list(folder.length > 1 ? folder.replace(/\/$/, "") : folder);
    const names = (all: typeof entries): string[] => all.map(({ name }) => name.slice(name.lastIndexOf("/") + 1));
    return {
      files: names(entries.filter(({ isFile }) => isFile)),
      directories: names(entries.filter(({ isDirectory }) => isDirectory)),
    };
  };
  return matchFiles(root, endings, excludes, includes, true, root, depth, entriesOf, (path: string) =>
    disk.realpathSync(path),
  );
}

function namedFiles(
  { sources, cwd }: Settings,
  disk: RecordedDisk,
  refuse: (refusal: Refusal) => void,
): string[] | undefined {
  const found: string[] = [];
  for (const source of sources) {
    if (disk.fileExistsSync(source)) found.push(source);
    else if (disk.directoryExistsSync(source)) {
      found.push(
        ...matching(disk, source, extensions, ["**/node_modules"], ["**/*"]).filter((each) => !isTest.test(each)),
      );
    } else {
      const name = source.startsWith(`${cwd}/`) ? source.slice(cwd.length + 1) : source;
      refuse({ reason: `there is no file or folder ${name}`, fix: "give a file or a folder with @Service classes" });
    }
  }
  return found.length === 0 ? undefined : [...new Set(found)];
}
