import { ts } from "ts-morph";
import { type EnumMember, keyword, type NamedShape, type Shape } from "../shape.js";
import { builtIn } from "./built-in.js";
import { docsOf } from "./docs.js";
import { identifier } from "./names.js";
import type { Place, Reading } from "./reading.js";
import { homeOf, isConcrete } from "./symbols.js";

const { SymbolFlags } = ts;
/** How often a generic type may stand within itself, each time for other types, before it is taken for endless. */
const maxInstances = 50;

/** Returns what reads the types that have names: each once for the types it was given. */
export function createNamed(): (
  reading: Reading,
  symbol: ts.Symbol,
  type: ts.Type,
  args: readonly ts.Type[],
  place: Place,
) => Shape {
  const known = new Map<ts.Symbol, Map<string, string>>();
  const numbers = new Map<ts.Type, number>();
  const numberOf = (type: ts.Type): number => {
    const number = numbers.get(type) ?? numbers.size;
    numbers.set(type, number);
    return number;
  };
  return (reading, symbol, type, args, place) => {
    const instances = known.get(symbol) ?? new Map<string, string>();
    known.set(symbol, instances);
    const key = args.map(numberOf).join();
    const before = instances.get(key);
    if (before !== undefined) return { kind: "ref", name: before };
    if (instances.size >= maxInstances) return endless(reading, symbol, place);
    const refusal = refuseForeign(reading, symbol, type, place);
    if (refusal !== undefined) return refusal;
    const whole = containerOf(reading, symbol, type, place);
    if (whole !== undefined) return whole;
    const name = reading.names.take(nameOf(reading, symbol, args));
    instances.set(key, name);
    reading.named.set(name, { name, docs: [], form: { kind: "alias", shape: keyword("never") } }); // keeps its place
    reading.named.set(name, {
      name,
      docs: docsOf(declarationOf(symbol)),
      form: formOf(reading, symbol, type, args, name, place),
    });
    return { kind: "ref", name };
  };
}

function formOf(
  reading: Reading,
  symbol: ts.Symbol,
  type: ts.Type,
  args: readonly ts.Type[],
  name: string,
  place: Place,
): NamedShape["form"] {
  const declaration = declarationOf(symbol);
  const here = { ...place, subject: symbol.name };
  if ((symbol.flags & SymbolFlags.Enum) !== 0)
    return { kind: "enum", members: membersOf(reading, symbol, here), open: isOfFlags(symbol) };
  if (declaration !== undefined && ts.isTypeAliasDeclaration(declaration)) {
    if (args.length > 0 || !isConcrete(declaration)) return { kind: "alias", shape: reading.ofStructure(type, here) };
    const inside = { ...here, node: nodeIn(declaration.type, place) };
    const shape = reading.ofNode(declaration.type, inside);
    // The compiler knows what was written there by the name that it is just being given.
    const itself = shape.kind === "ref" && shape.name === name;
    return { kind: "alias", shape: itself ? reading.ofStructure(type, inside) : shape };
  }
  return { kind: "interface", shape: reading.ofFields(type, here) };
}

/** A class that extends a map, say, is not written down: it arrives as a map. */
function containerOf(reading: Reading, symbol: ts.Symbol, type: ts.Type, place: Place): Shape | undefined {
  if ((symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface)) === 0) return undefined;
  return builtIn(reading, type as ts.ObjectType, [], place);
}

function refuseForeign(reading: Reading, symbol: ts.Symbol, type: ts.Type, place: Place): Shape | undefined {
  const home = homeOf(reading.program, symbol);
  if (home === "project" || (symbol.flags & (SymbolFlags.Class | SymbolFlags.Interface)) === 0) return undefined;
  const methods = type.getProperties().filter(({ flags }) => (flags & SymbolFlags.Method) !== 0);
  if (methods.length === 0) return undefined;
  const from = home === "package" ? `of ${packageOf(symbol)} ` : "";
  reading.refuse(
    place,
    `${symbol.name} ${from}has methods, such as ${methods[0]?.name}, which do not travel`,
    "send a string, a number or a class of your own made from it",
  );
  return keyword("never");
}

function packageOf(symbol: ts.Symbol): string {
  const file = declarationOf(symbol)?.getSourceFile().fileName ?? "";
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "a package";
}

function endless(reading: Reading, symbol: ts.Symbol, place: Place): Shape {
  reading.refuse(
    place,
    `${symbol.name} holds itself, each time with other types, without an end`,
    "declare a type that holds itself unchanged",
  );
  return keyword("never");
}

/** Whether its members are meant to be combined: then any number may come. */
function isOfFlags(symbol: ts.Symbol): boolean {
  return enumMembers(symbol).some(
    ({ initializer }) => initializer !== undefined && /<<|\|/.test(initializer.getText()),
  );
}

function enumMembers(symbol: ts.Symbol): ts.EnumMember[] {
  return (symbol.declarations ?? []).filter(ts.isEnumDeclaration).flatMap((each) => [...each.members]);
}

function membersOf(reading: Reading, symbol: ts.Symbol, place: Place): EnumMember[] {
  return enumMembers(symbol).map((member) => {
    const value = reading.checker.getConstantValue(member);
    const name = ts.isComputedPropertyName(member.name) ? member.name.getText() : member.name.text;
    if (value === undefined) {
      const here = { ...place, node: nodeIn(member, place) };
      reading.refuse(here, `the value of ${symbol.name}.${name} is computed when the program runs`, "write a constant");
    }
    return { name, docs: docsOf(member), value: value ?? 0 };
  });
}

function nameOf(reading: Reading, symbol: ts.Symbol, args: readonly ts.Type[]): string {
  const declaration = declarationOf(symbol);
  const own = /^(?:default|__.*)$/.test(symbol.name)
    ? identifier(declaration?.getSourceFile().fileName.replace(/^.*\/|\.[cm]?tsx?$/g, "") ?? "Type")
    : symbol.name;
  return args.length === 0 ? own : `${own}Of${args.map((each) => wordOf(reading, each)).join("And")}`;
}

function wordOf(reading: Reading, type: ts.Type, depth = 0): string {
  const inner = "objectFlags" in type ? reading.checker.getTypeArguments(type as ts.TypeReference) : [];
  if (reading.checker.isArrayType(type)) return `${wordOf(reading, inner[0]!, depth + 1)}Array`;
  const name = type.aliasSymbol?.name ?? type.symbol?.name;
  if (name !== undefined && !name.startsWith("__")) {
    const args = type.aliasSymbol === undefined ? inner.slice(0, parametersOf(type)) : (type.aliasTypeArguments ?? []);
    const words = depth < 3 ? args.map((each) => wordOf(reading, each, depth + 1)) : [];
    return words.length === 0 ? identifier(name) : `${identifier(name)}Of${words.join("And")}`;
  }
  const text = reading.checker.typeToString(type);
  return /^["\w]+$/.test(text) ? capital(identifier(text.replaceAll('"', ""))) : "Other";
}

/** How many types a class or interface is given, its own `this` not counted. */
function parametersOf(type: ts.Type): number {
  return ((type as ts.TypeReference).target as ts.InterfaceType | undefined)?.typeParameters?.length ?? 0;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function declarationOf(symbol: ts.Symbol): ts.Declaration | undefined {
  return symbol.declarations?.find((each) => !ts.isFunctionDeclaration(each) && !ts.isVariableDeclaration(each));
}

/** A refusal points into the sources, not into what they have installed. */
function nodeIn(node: ts.Node, place: Place): ts.Node {
  return node.getSourceFile().isDeclarationFile ? place.node : node;
}
