import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = dirname(fileURLToPath(import.meta.url)).replace(/dist(?=.contract$)/, "src");
const root = fileURLToPath(new URL("../../../../", import.meta.url));
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ["node"],
  typeRoots: [`${root}node_modules/@types`],
};

/** Keeps what was read of the libraries from one test to the next. */
const registry = ts.createDocumentRegistry();
let users = 0;

/** What an editor would say of `text`, as a file beside the types. */
class Editor {
  readonly #file = `${folder}/written-by-user-${++users}.ts`;
  readonly #text: string;
  readonly #service: ts.LanguageService;

  constructor(text: string) {
    this.#text = `import type { Client } from "./client.js"; import type { Handlers, MethodTable } from "./handlers.js";\n${text}`;
    const read = (name: string) => (name === this.#file ? this.#text : ts.sys.readFile(name));
    const host: ts.LanguageServiceHost = {
      getScriptFileNames: () => [this.#file],
      getScriptVersion: () => "1",
      getScriptSnapshot: (name) => {
        const content = read(name);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => folder,
      getCompilationSettings: () => options,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (name) => name === this.#file || ts.sys.fileExists(name),
      readFile: read,
    };
    this.#service = ts.createLanguageService(host, registry);
  }

  errors(): string[] {
    return this.#service
      .getSemanticDiagnostics(this.#file)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  }

  /** The text over the last name within `place`. */
  hover(place: string): { text: string; comment: string } {
    const found = this.#service.getQuickInfoAtPosition(this.#file, this.#endOf(place));
    return {
      text: ts.displayPartsToString(found?.displayParts),
      comment: ts.displayPartsToString(found?.documentation),
    };
  }

  /** The line in which the last name within `place` is defined. */
  definition(place: string): string | undefined {
    const [found] = this.#service.getDefinitionAtPosition(this.#file, this.#endOf(place)) ?? [];
    return found && this.#text.slice(found.textSpan.start).split("\n")[0];
  }

  #endOf(place: string): number {
    const at = this.#text.indexOf(place);
    assert.ok(at >= 0, `"${place}" is in the text`);
    return at + place.length - 1;
  }
}

test("an editor shows a client's methods with their comments, types by their names, and finds the service's own code", () => {
  const editor = new Editor(`
    interface Line { sku: string; next?: Line }
    class Order {
      /** In cents. */
      cost = 1;
      lines: Line[] = [];
      total(): number { return 1; }
    }
    class Shop {
      /** Finds a line. */
      find(sku: string, ...more: Line[]): Line { return more[0] ?? { sku }; }
      all(): Promise<readonly Order[]> { return Promise.resolve([]); }
      place(order: Order): void { order.total(); }
      many(lines: Map<string, Line>): Line[] | undefined { return [...lines.values()]; }
    }
    declare const shop: Client<Shop>;
    shop.find("a"); shop.all().then((orders) => orders[0]!.cost); shop.place(new Order()); shop.many(new Map());
  `);
  assert.deepEqual(editor.errors(), []);
  const found = editor.hover("shop.find");
  assert.equal(found.text, "(method) find(sku: string, ...more: Line[]): Promise<Line>");
  assert.equal(found.comment, "Finds a line.");
  assert.match(editor.definition("shop.find") ?? "", /^find\(sku: string, \.\.\.more: Line\[\]\)/);
  assert.equal(editor.hover("shop.all").text, "(method) all(): Promise<readonly Shape<Order>[]>");
  assert.equal(editor.hover("shop.place").text, "(method) place(order: Order | Shape<Order>): Promise<void>");
  assert.equal(editor.hover("shop.many").text, "(method) many(lines: Map<string, Line>): Promise<Line[] | undefined>");
  assert.equal(editor.hover("orders[0]!.cost").comment, "In cents.");
  assert.equal(editor.definition("orders[0]!.cost"), "cost = 1;");
  assert.equal(editor.hover("const shop").text, "const shop: Client<Shop>");
});

test("a method that types cannot map says why where it is called", () => {
  const editor = new Editor(`
    declare const shop: Client<{ find(a: string): string; find(a: number): number }>;
    shop.find("a");
  `);
  assert.deepEqual(editor.errors(), [
    "This expression is not callable.\n  Type 'Unmappable<\"it is overloaded: give each signature a name of its own\">' has no call signatures.",
  ]);
});

const typeOf = {
  interface: (kind: string, next: string, far: string) =>
    `interface ${kind} { kind: "${kind}"; id: string; next?: ${next}[]; far: { to: ${far} | null } }`,
  class: (kind: string, next: string, far: string) =>
    `class ${kind} { kind: "${kind}" = "${kind}"; id = ""; next?: ${next}[]; far: { to: ${far} | null } = { to: null }; show() {} }`,
};

for (const kind of ["interface", "class"] as const) {
  test(`a service of 60 types which all refer to each other compiles (${kind})`, () => {
    const count = 60;
    const numbers = Array.from({ length: count }, (_, index) => index);
    const types = numbers.map((n) => typeOf[kind](`T${n}`, `T${(n + 1) % count}`, `T${(n * 7 + 3) % count}`));
    const methods = numbers.map((n) => `m${n}(a: T${n}, b?: number): Promise<T${(n * 3 + 1) % count}[]>;`);
    const calls = numbers.map(
      (n) => `export const c${n} = (a: T${n}) => client.m${n}(a).then(([b]) => b?.next?.[0]?.far.to?.id);`,
    );
    const editor = new Editor(`
      ${types.join("\n")}
      interface Service { ${methods.join("\n")} }
      declare const client: Client<Service>;
      ${calls.join("\n")}
      declare const own: Service;
      export const handlers: Handlers<Service> = own;
      export const table: MethodTable<Service> = { ${numbers.map((n) => `m${n}: {}`).join(", ")} };
    `);
    assert.deepEqual(editor.errors(), []);
  });
}
