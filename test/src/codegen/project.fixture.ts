import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type GenerateOptions, type GenerateResult, generate } from "@rpc/codegen";

const modules = fileURLToPath(new URL("../../../node_modules/", import.meta.url));

/** A small project in a folder of its own, which reads only the language's types: a run takes a third of a second. */
export interface TestProject {
  readonly folder: string;
  write(path: string, text: string): void;
  remove(path: string): void;
  read(path: string): string;
  /** Names of the files in a folder, none where there is no folder. */
  list(path: string): string[];
  generate(options?: GenerateOptions): Promise<GenerateResult>;
  delete(): void;
}

export const settings = {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    lib: ["ES2023"],
    types: [] as string[],
    experimentalDecorators: true,
  },
  include: ["src"],
};

/** Makes a project of these files; `packages` of the repository can be imported in it. */
export function createProject(files: Readonly<Record<string, string>>, packages: readonly string[] = []): TestProject {
  const folder = mkdtempSync(`${tmpdir()}/rpc-generate-`);
  const project: TestProject = {
    folder,
    write(path, text) {
      mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
      const draft = `${folder}/${dirname(path)}/.draft`; // in one step: who watches never sees half a file
      writeFileSync(draft, text);
      renameSync(draft, `${folder}/${path}`);
    },
    remove: (path) => rmSync(`${folder}/${path}`, { recursive: true }),
    read: (path) => readFileSync(`${folder}/${path}`, "utf8"),
    list(path) {
      try {
        return readdirSync(`${folder}/${path}`).sort();
      } catch {
        return [];
      }
    },
    generate: (options) => generate({ cwd: folder, ...options }),
    delete: () => rmSync(folder, { recursive: true }),
  };
  mkdirSync(`${folder}/node_modules/@rpc`, { recursive: true });
  for (const name of packages) symlinkSync(`${modules}${name}`, `${folder}/node_modules/${name}`);
  project.write("tsconfig.json", JSON.stringify(settings));
  for (const [path, text] of Object.entries(files)) project.write(path, text);
  return project;
}

/** Returns the source of a service with a method for each line of `methods`. */
export function serviceSource(name: string, ...methods: string[]): string {
  const members = methods.map((each) => `  @Method() ${each} { throw 0; }\n`).join("");
  return `import { Method, Service } from "@rpc/decorators";\n@Service()\nexport class ${name} {\n${members}}\n`;
}
