import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CliError } from "../cli-error.js";

/** Archives of our packages, by the names of the packages. */
export type Tarballs = ReadonlyMap<string, string>;

/**
 * Finds what `npm pack` made of our packages: `rpc-core-0.1.0.tgz` is `@rpc/core`. Rejects with a `CliError` where the folder
 * cannot be read, or has none.
 */
export async function findTarballs(folder: string): Promise<Tarballs> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CliError(`--packages: ${folder} cannot be read`, undefined, { cause });
  });
  const found = new Map(
    names.flatMap((file) => {
      const name = /^rpc-([a-z-]+)-\d.*\.tgz$/.exec(file)?.[1];
      return name === undefined ? [] : [[`@rpc/${name}`, join(folder, file)]];
    }),
  );
  if (found.size === 0) throw new CliError(`--packages: ${folder} has no rpc-*.tgz, as npm pack makes them`);
  return found;
}

/** Returns a package.json which takes our packages from archives, and makes those that depend on each other do so, too. */
export function withTarballs(manifest: string, tarballs: Tarballs): string {
  const read = JSON.parse(manifest) as Record<string, Record<string, string> | undefined>;
  const files = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  const taken = (dependencies: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(dependencies).map(([name, version]) => [name, files[name] ?? version]));
  const { dependencies, devDependencies } = read;
  const changed = {
    ...read,
    dependencies: taken(dependencies),
    devDependencies: taken(devDependencies),
    overrides: files,
  };
  return `${JSON.stringify(changed, null, 2)}\n`;
}
