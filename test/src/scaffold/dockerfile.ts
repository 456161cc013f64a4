import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/** What a Dockerfile ends with. */
export interface Image {
  /** The folder that stands for the image's root. */
  readonly root: string;
  /** Where its program runs, on this machine. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

/**
 * Does by hand, in plain folders, what `docker build` does with a Dockerfile: each stage is a folder in `folder`, and `run`
 * does what stands behind RUN. Of what a file can say it knows what those of scaffolded projects say, and rejects at anything
 * else.
 */
export async function buildByHand(
  context: string,
  folder: string,
  run: (line: string, cwd: string, env: Readonly<Record<string, string>>) => Promise<unknown>,
): Promise<Image> {
  const lines = (await readFile(join(context, "Dockerfile"), "utf8"))
    .split("\n")
    .filter((line) => !/^(?:#.*)?$/.test(line));
  const stages: { readonly name: string; readonly root: string }[] = [];
  let stage = { root: "", workdir: "", env: {} as Record<string, string>, entrypoint: [] as readonly string[] };
  for (const line of lines) {
    const [, instruction = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === "FROM") {
      const root = join(folder, `stage-${stages.length}`);
      stages.push({ name: / AS (\w+)$/.exec(rest)?.[1] ?? "", root });
      stage = { root, workdir: root, env: {}, entrypoint: [] };
      await mkdir(root);
    } else if (instruction === "WORKDIR") {
      stage.workdir = join(stage.root, rest);
      await mkdir(stage.workdir, { recursive: true });
    } else if (instruction === "COPY") {
      const [, from, paths = ""] = /^(?:--from=(\w+) )?(.*)$/.exec(rest) ?? [];
      const sources = paths.split(" ");
      const target = join(stage.workdir, sources.pop() ?? "");
      const source = stages.find(({ name }) => name === from)?.root ?? context;
      const copied = from === undefined ? await notIgnored(context) : () => true;
      for (const each of sources) {
        const into = sources.length > 1 || paths.endsWith("/") ? join(target, basename(each)) : target;
        await cp(join(source, each), into, { recursive: true, verbatimSymlinks: true, filter: copied });
      }
    } else if (instruction === "RUN") {
      await run(rest, stage.workdir, stage.env);
    } else if (instruction === "ENV") {
      const [name = "", value = ""] = rest.split("=");
      stage.env[name] = value;
    } else if (instruction === "ENTRYPOINT") {
      stage.entrypoint = JSON.parse(rest) as string[];
    } else if (!["USER", "EXPOSE", "STOPSIGNAL"].includes(instruction)) {
      throw new Error(`Dockerfile: ${line} is not known here`);
    }
  }
  return stage;
}

/** Returns whether a file of the context is sent to Docker: the last line of .dockerignore that fits decides. */
async function notIgnored(context: string): Promise<(path: string) => boolean> {
  const rules = (await readFile(join(context, ".dockerignore"), "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ kept: line.startsWith("!"), pattern: regExpOf(line.replace(/^!|\/$/g, "")) }));
  return (path) => {
    const name = path.slice(context.length + 1);
    if (name === "") return true;
    return rules.findLast(({ pattern }) => pattern.test(name))?.kept ?? true;
  };
}

/** A pattern fits a path, and all that lies below one that it fits. */
function regExpOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*)/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    return part === "*" ? "[^/]*" : part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}(?:/.*)?$`);
}

/** The paths of all files below a folder. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
}
