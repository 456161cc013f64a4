import { ts } from "ts-morph";

/** Where a type comes from: the project, the language itself, Node's own types, or a package. */
export type Home = "project" | "language" | "node" | "package";

/** Returns where a symbol is declared. */
export function homeOf(program: ts.Program, symbol: ts.Symbol): Home {
  const file = symbol.declarations?.[0]?.getSourceFile();
  if (file === undefined || program.isSourceFileDefaultLibrary(file)) return "language";
  if (/\/node_modules\/(?:@types\/node|undici-types|buffer)\//.test(file.fileName)) return "node";
  return file.fileName.includes("/node_modules/") ? "package" : "project";
}

/** Whether a symbol is something that the language or Node declares under this name. */
export function isBuiltIn(program: ts.Program, symbol: ts.Symbol | undefined): boolean {
  if (symbol === undefined) return false;
  const home = homeOf(program, symbol);
  return home === "language" || home === "node";
}

/** Returns what an imported name stands for. */
export function behindAlias(checker: ts.TypeChecker, symbol: ts.Symbol | undefined): ts.Symbol | undefined {
  return symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    ? checker.getAliasedSymbol(symbol)
    : symbol;
}

/** Whether what is written at a declaration means the same everywhere: no type parameter is in sight. */
export function isConcrete(declaration: ts.Node): boolean {
  for (let node = declaration; node !== undefined && !ts.isSourceFile(node); node = node.parent) {
    if ("typeParameters" in node && node.typeParameters !== undefined) return false;
    if (ts.isMappedTypeNode(node) || ts.isInferTypeNode(node)) return false;
  }
  return true;
}

/** Whether the compiler could not make out a type: it has told why, as a diagnostic. */
export function isErrorType(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.Any) !== 0 && (type as { intrinsicName?: string }).intrinsicName === "error";
}

/** Whether a type is something to be called or constructed. */
export function isFunction(type: ts.Type): boolean {
  return type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0;
}

/** Returns the alternatives of a type; a type that is no union is its only one. */
export function alternativesOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

/** Whether a type yields items asynchronously: a stream. */
export function isStream(type: ts.Type): boolean {
  return type.getProperties().some(({ escapedName }) => String(escapedName).startsWith("__@asyncIterator"));
}
