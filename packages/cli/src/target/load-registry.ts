import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Registry } from "@rpc/core";
import { CliError, ExitCode } from "../cli-error.js";
import type { Io } from "../io.js";
import { type RegistryRecipe, recipeOf } from "./registry-options.js";
import type { RegistryUrl } from "./registry-url.js";

/**
 * Makes the registry of a URL, by its package: that of the user's project, or else one that is installed beside `rpc`.
 * Rejects with a `CliError` where there is none, or where its options cannot be.
 */
export async function loadRegistry(url: RegistryUrl, cluster: string | undefined, io: Io): Promise<Registry> {
  const recipe = await recipeOf(url, cluster, io);
  const found = resolved(recipe.module, io);
  if (found === undefined)
    throw new CliError(`${url.shown} needs the package ${recipe.module}: npm install ${recipe.module}`, ExitCode.usage);
  const module: unknown = await import(pathToFileURL(found).href);
  try {
    return factoryIn(module, recipe)(recipe.options);
  } catch (cause) {
    throw new CliError(`--registry ${url.shown}: ${(cause as Error).message}`, ExitCode.usage, { cause });
  }
}

function factoryIn(module: unknown, { factory }: RegistryRecipe): (options: object) => Registry {
  return (module as Readonly<Record<string, (options: object) => Registry>>)[factory]!;
}

/** The file of a package, from where the user is, or from here. */
function resolved(name: string, io: Io): string | undefined {
  for (const from of [pathToFileURL(join(io.cwd, "package.json")), import.meta.url]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      // Perhaps from the other place.
    }
  }
  return undefined;
}
