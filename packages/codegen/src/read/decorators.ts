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
  const { getImmediateAliasedSymbol } = checker as unknown as {
    getImmediateAliasedSymbol(symbol: ts.Symbol): ts.Symbol | undefined; // internal: one step at a time
  };
  let symbol = checker.getSymbolAtLocation(ts.isPropertyAccessExpression(called) ? called.name : called);
  // Each step is an import or an export; the package itself may not be installed where sources are only read.
  while (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) {
    const imported = importedFromHome(symbol.declarations?.[0]);
    if (imported !== undefined) return imported === name;
    symbol = getImmediateAliasedSymbol(symbol);
  }
  if (symbol?.name !== name) return namespaceOfHome(checker, called, name);
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file !== undefined && packageOf(file) === home;
}

/** Returns the name that a declaration imports from, or exports of, our package. */
function importedFromHome(declaration: ts.Declaration | undefined): string | undefined {
  if (declaration === undefined) return undefined;
  if (!ts.isImportSpecifier(declaration) && !ts.isExportSpecifier(declaration)) return undefined;
  const from = ts.isImportSpecifier(declaration) ? declaration.parent.parent.parent : declaration.parent.parent;
  const { moduleSpecifier } = from as ts.ImportDeclaration | ts.ExportDeclaration;
  if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier) || moduleSpecifier.text !== home)
    return undefined;
  return (declaration.propertyName ?? declaration.name).text;
}

/** `rpc.Method`, after `import * as rpc`. */
function namespaceOfHome(checker: ts.TypeChecker, called: ts.Expression, name: string): boolean {
  if (!ts.isPropertyAccessExpression(called) || called.name.text !== name) return false;
  const [declaration] = checker.getSymbolAtLocation(called.expression)?.declarations ?? [];
  if (declaration === undefined || !ts.isNamespaceImport(declaration)) return false;
  const { moduleSpecifier } = declaration.parent.parent;
  return ts.isStringLiteral(moduleSpecifier) && moduleSpecifier.text === home;
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
