import { readFileSync } from "node:fs";
import { ts } from "ts-morph";

const home = "@rpc/decorators";

/** A decorator of ours, and where it stands. */
export interface Note {
  readonly node: ts.Decorator;
  /** What it was given; undefined for `@Method()`. */
  readonly argument: ts.Expression | undefined;
}

/** Returns the decorator `name` of @rpc/decorators on a declaration, under whatever name it was imported. */
export function noteOf(checker: ts.TypeChecker, node: ts.Node, name: "Service" | "Method"): Note | undefined {
  if (!ts.canHaveDecorators(node)) return undefined;
  for (const decorator of ts.getDecorators(node) ?? []) {
    const { expression } = decorator;
    const called = ts.isCallExpression(expression) ? expression.expression : expression;
    if (!isOurs(checker, called, name)) continue;
    return { node: decorator, argument: ts.isCallExpression(expression) ? expression.arguments[0] : undefined };
  }
  return undefined;
}

function isOurs(checker: ts.TypeChecker, called: ts.Expression, name: string): boolean {
  const symbol = checker.getSymbolAtLocation(ts.isPropertyAccessExpression(called) ? called.name : called);
  if (symbol === undefined) return false;
  const [declaration] = symbol.declarations ?? [];
  if (declaration !== undefined && ts.isImportSpecifier(declaration)) {
    const { moduleSpecifier } = declaration.parent.parent.parent;
    const imported = declaration.propertyName ?? declaration.name;
    if (ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === home) return imported.text === name;
  }
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  if (target.name !== name) return false;
  const file = target.declarations?.[0]?.getSourceFile().fileName;
  return file !== undefined && packageOf(file) === home;
}

const packages = new Map<string, string>();

/** Returns the name of the package that a file belongs to. */
function packageOf(file: string): string {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const known = packages.get(folder);
  if (known !== undefined) return known;
  const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? readName(folder);
  packages.set(folder, name);
  return name;
}

function readName(folder: string): string {
  for (let at = folder; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
    try {
      return String((JSON.parse(readFileSync(`${at}/package.json`, "utf8")) as { name?: unknown }).name);
    } catch {} // further up
  }
  return "";
}
