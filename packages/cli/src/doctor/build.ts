import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { type Finding, ok, warning, wrong } from "./finding.js";
import { jsonFile } from "./json-file.js";

type Json = Readonly<Record<string, unknown>>;

const subject = "decorators";
/** What runs or bundles TypeScript without writing decorator metadata. */
const without = ["tsx", "esbuild", "ts-node-esm", "bun"];

/** Whether what the project is built with writes the metadata that injection reads. */
export async function lookAtBuild(cwd: string): Promise<readonly Finding[]> {
  const manifest = (await jsonFile(join(cwd, "package.json"))) ?? {};
  const wanted = { ...(manifest["dependencies"] as Json), ...(manifest["devDependencies"] as Json) };
  if (wanted["@rpc/decorators"] === undefined)
    return [ok(subject, "not used: package.json does not name @rpc/decorators")];
  return [await lookAtTsconfig(cwd), ...lookAtScripts(manifest)];
}

async function lookAtTsconfig(cwd: string): Promise<Finding> {
  const path = join(cwd, "tsconfig.json");
  if (!existsSync(path))
    return warning(subject, "there is no tsconfig.json here", "run rpc doctor in the project's folder");
  const options = await compilerOptions(path);
  if (options === undefined)
    return wrong(subject, "tsconfig.json, or what it extends, cannot be read", "see what tsc says");
  const missing = ["experimentalDecorators", "emitDecoratorMetadata"].filter((name) => options[name] !== true);
  return missing.length === 0
    ? ok(subject, "tsconfig.json writes their metadata")
    : wrong(
        subject,
        `tsconfig.json does not say ${missing.join(" and ")}`,
        `"compilerOptions": { ${missing.map((name) => `"${name}": true`).join(", ")} }`,
      );
}

/** Options of a tsconfig.json over those that it extends. */
async function compilerOptions(path: string, depth = 0): Promise<Json | undefined> {
  const config = depth > 16 ? undefined : await jsonFile(path);
  if (config === undefined) return undefined;
  let options: Json = {};
  for (const name of [config["extends"] ?? []].flat() as string[]) {
    const inherited = await compilerOptions(extended(path, name), depth + 1);
    if (inherited === undefined) return undefined;
    options = { ...options, ...inherited };
  }
  return { ...options, ...(config["compilerOptions"] as Json) };
}

function extended(path: string, name: string): string {
  if (name.startsWith(".") || name.startsWith("/")) {
    const file = resolve(dirname(path), name);
    return existsSync(file) && !file.endsWith("/") && name.endsWith(".json") ? file : `${file}.json`;
  }
  try {
    return createRequire(path).resolve(name);
  } catch {
    return name;
  }
}

function lookAtScripts({ scripts = {} }: Json): readonly Finding[] {
  return Object.entries(scripts as Readonly<Record<string, string>>).flatMap(([name, script]) => {
    const tool = without.find((each) => new RegExp(`(?:^|[\\s&|;/])${each}(?:\\s|$)`).test(String(script)));
    return tool === undefined
      ? []
      : [
          warning(
            subject,
            `the script "${name}" runs ${tool}, which writes no decorator metadata`,
            "build with tsc or swc, or write each dependency with @InjectClient and @inject",
          ),
        ];
  });
}
