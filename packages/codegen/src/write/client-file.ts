import type { ErrorModel, KeyModel, MethodModel, ServiceModel } from "../model.js";
import { keyword, type NamedShape, type Parameter, unionOf } from "../shape.js";
import { comment, joined, lineText, memberLines, propertyName, typeText } from "./type-text.js";

/** What every file that is written begins with; a file that does not is nobody's to replace or remove. */
export const mark = '// Written by "rpc generate"';

const width = 120;

/** Schema hashes by method. */
type Hashes = Readonly<Record<string, string>>;

/** Returns a service's client as TypeScript: types and a descriptor, nothing that runs but that. */
export function clientFile(service: ServiceModel, hashes: Hashes): string {
  const { interfaceName, source, methods, errors, types } = service;
  const imports = ["defineService", ...(errors.length > 0 ? ["RpcError"] : []), "type ServiceDescriptor"];
  return `${[
    `${mark} from the class ${interfaceName} in ${source}: change that one, and run the command again.`,
    `import { ${imports.join(", ")} } from "@rpc/core";`,
    "",
    ...comment(service.docs, ""),
    `export interface ${interfaceName} {`,
    ...methods.flatMap(methodLines),
    "}",
    ...types.flatMap((type) => ["", ...typeLines(type)]),
    ...errors.flatMap((error) => ["", ...errorLines(error)]),
    "",
    ...descriptorLines(service, hashes),
  ].join("\n")}\n`;
}

/** Returns a method as its callers see it, as a line of TypeScript: `place(order: Order, note?: string): Promise<Order>`. */
export function signatureText({
  name,
  parameters,
  result,
}: Pick<MethodModel, "name" | "parameters" | "result">): string {
  const list = parameters.map((each) => `${nameText(each)}${lineText(each.shape)}`);
  const answer = lineText(result);
  return `${propertyName(name)}(${list.join(", ")}): ${result.kind === "stream" ? answer : `Promise<${answer}>`}`;
}

function methodLines(method: MethodModel): string[] {
  const lines = comment(method.docs, "  ");
  const list = method.parameters.map((parameter) => parameterText(parameter, "    "));
  const start = `  ${propertyName(method.name)}(${list.join(", ")}): `;
  const flat = `${joined(start, typeText(method.result, "  ", start.length - 2))};`;
  if (!flat.includes("\n") && flat.length <= width) return [...lines, flat];
  if (!start.includes("\n") && start.length <= width && method.result.kind === "object") return [...lines, flat];
  const end = `${joined("  ): ", typeText(method.result, "  ", 5))};`;
  return [
    ...lines,
    `  ${propertyName(method.name)}(`,
    ...list.map((each) => `    ${each}${each.startsWith("...") ? "" : ","}`),
    end,
  ];
}

function parameterText(parameter: Parameter, indent: string): string {
  const start = nameText(parameter);
  return joined(start, typeText(parameter.shape, indent, start.length));
}

function nameText({ name, optional, rest }: Omit<Parameter, "shape">): string {
  return `${rest ? "..." : ""}${name}${optional ? "?" : ""}: `;
}

function typeLines({ name, docs, form }: NamedShape): string[] {
  const before = comment(docs, "");
  if (form.kind === "interface") {
    const members = memberLines(form.shape, "  ");
    return [
      ...before,
      ...(members.length === 0 ? [`export interface ${name} {}`] : [`export interface ${name} {`, ...members, "}"]),
    ];
  }
  if (form.kind === "alias") {
    const start = `export type ${name} = `;
    return [...before, `${joined(start, typeText(form.shape, "", start.length))};`];
  }
  const members = form.members.flatMap((member) => {
    return [...comment(member.docs, "  "), `  ${propertyName(member.name)}: ${JSON.stringify(member.value)},`];
  });
  return [
    ...before,
    `export const ${name} = {`,
    ...members,
    "} as const;",
    form.open ? `export type ${name} = number;` : `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
  ];
}

function errorLines({ name, docs, reason, details }: ErrorModel): string[] {
  const text = details === undefined ? [] : [`${joined("  declare readonly details: ", typeText(details, "  ", 28))};`];
  return [
    ...comment(docs, ""),
    `export class ${name} extends RpcError {`,
    `  static override readonly reason = ${JSON.stringify(reason)};`,
    ...text,
    "}",
  ];
}

function descriptorLines(service: ServiceModel, hashes: Hashes): string[] {
  const { name, interfaceName, descriptorName, methods } = service;
  const start = `export const ${descriptorName}: ServiceDescriptor<${interfaceName}> = defineService<${interfaceName}>(`;
  const table = methods.map((method) => `  ${propertyName(method.name)}: ${optionsText(method, hashes[method.name])},`);
  return [
    `/** What \`createClient\`, \`@InjectClient\` and a connector's \`client\` want. */`,
    `${start}${JSON.stringify(name)}, {`,
    ...table,
    "});",
  ];
}

function optionsText({ name, kind, options, parameters }: MethodModel, hash: string | undefined): string {
  const { idempotent, timeoutMs, failMode, alias, key } = options;
  const entries = [
    ...(kind === "unary" ? [] : [`stream: ${JSON.stringify(kind)}`]),
    ...(idempotent === undefined ? [] : [`idempotent: ${idempotent}`]),
    ...(timeoutMs === undefined ? [] : [`timeoutMs: ${grouped(timeoutMs)}`]),
    ...(failMode === undefined ? [] : [`failMode: ${JSON.stringify(failMode)}`]),
    ...(alias === undefined ? [] : [`alias: [${alias.map((each) => JSON.stringify(each)).join(", ")}]`]),
    ...(key === undefined ? [] : [`key: ${keyText(key, parameters)}`]),
    ...(hash === undefined ? [] : [`schemaHash: ${JSON.stringify(hash)}`]),
  ];
  const flat = `{ ${entries.join(", ")} }`;
  if (entries.length === 0) return "{}";
  return propertyName(name).length + flat.length + 5 <= width
    ? flat
    : `{\n${entries.map((each) => `    ${each},\n`).join("")}  }`;
}

function keyText({ names, body }: KeyModel, parameters: readonly Parameter[]): string {
  const list = names.map((name, index) => {
    const { shape, optional, rest } = parameters[index]!;
    return parameterText(
      { name, shape: optional ? unionOf([shape, keyword("undefined")]) : shape, optional: false, rest },
      "  ",
    );
  });
  return `(${list.join(", ")}) => ${body}`;
}

/** A whole number as people write it: `30_000`. */
function grouped(value: number): string {
  return Number.isInteger(value) && value >= 1_000 ? String(value).replace(/\B(?=(\d{3})+$)/g, "_") : String(value);
}
