import type { ServiceModel } from "./model.js";

/** What is read, and where clients are written. */
export interface GenerateOptions {
  /** The folder that all relative paths refer to. Defaults to the process's own. */
  readonly cwd?: string;
  /** The tsconfig.json by which sources are read. Defaults to the one in `cwd`; without any, all TypeScript below `cwd` is read. */
  readonly project?: string;
  /** Files and folders in which services are looked for. Defaults to the project's files without its tests, `*.test.*` and `*.spec.*`. */
  readonly sources?: readonly string[];
  /** The folder for clients and contract. Defaults to `src/generated`. */
  readonly out?: string;
  /** Writes nothing and tells what is out of date. Defaults to false. */
  readonly check?: boolean;
  /** Keeps what was written in `node_modules/.cache`, so that a run in which nothing changed is quick. Defaults to true. */
  readonly cache?: boolean;
  /** Ends the run before it writes anything: it rejects with the signal's reason. Defaults to none. */
  readonly signal?: AbortSignal;
}

/** What a run did, or with `check` would have done. Paths are relative to `cwd`, with "/". */
export interface GenerateResult {
  readonly services: readonly GeneratedService[];
  /** Files that were written: new ones, and those whose text is another. */
  readonly written: readonly string[];
  /** Files of services that are gone, which were removed. */
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
  /** Whether all files are as they should be: true unless `check` found otherwise, and then `written` and `removed` say which are not. */
  readonly upToDate: boolean;
  /** What was left out, and why. */
  readonly warnings: readonly string[];
  /** Whether the sources were not read again, since nothing of them had changed. */
  readonly fromCache: boolean;
  /** The files of the project that were read, absolute: what `watch` watches. */
  readonly read: readonly string[];
}

/** A service of which a client was written. */
export interface GeneratedService
  extends Pick<ServiceModel, "name" | "interfaceName" | "descriptorName" | "source" | "line"> {
  /** The client's file. */
  readonly file: string;
}

/** Options with nothing left out; paths absolute. */
export interface Settings {
  readonly cwd: string;
  readonly project: string | undefined;
  readonly sources: readonly string[];
  readonly out: string;
}
