import type { CodeName } from "@rpc/core";
import { ts } from "ts-morph";
import type { ErrorModel } from "../model.js";
import { constantOf } from "./constants.js";
import { docsOf } from "./docs.js";
import type { Reading } from "./reading.js";
import { behindAlias, isConcrete } from "./symbols.js";

/**
 * Returns the classes of errors that belong to a service, in order of name: subclasses of `RpcError` with a reason that
 * its class, or one of its parents, makes with `new`, that comments of its methods name after `@throws`, or that its
 * file exports.
 */
export function errorsOf(reading: Reading, chain: readonly ts.ClassLikeDeclaration[]): ErrorModel[] {
  const found = new Set<ts.ClassLikeDeclaration>();
  const add = (symbol: ts.Symbol | undefined): void => {
    const declaration = behindAlias(reading.checker, symbol)?.valueDeclaration;
    if (declaration !== undefined && ts.isClassLike(declaration) && extendsRpcError(reading.checker, declaration)) {
      found.add(declaration);
    }
  };
  for (const each of chain) {
    made(each, (name) => add(reading.checker.getSymbolAtLocation(name)));
    thrown(each, (name) => add(resolve(reading.checker, name, each)));
    for (const statement of each.getSourceFile().statements) {
      const exported =
        ts.isClassDeclaration(statement) && (ts.getCombinedModifierFlags(statement) & ts.ModifierFlags.Export) !== 0;
      if (exported && statement.name !== undefined) add(reading.checker.getSymbolAtLocation(statement.name));
    }
  }
  return [...found]
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .flatMap((declaration) => {
      const model = modelOf(reading, declaration);
      return model === undefined ? [] : [model];
    });
}

function nameOf({ name }: ts.ClassLikeDeclaration): string {
  return name?.text ?? "";
}

/** Calls `found` with each name that is constructed within a class. */
function made(node: ts.Node, found: (name: ts.Node) => void): void {
  if (ts.isNewExpression(node))
    found(ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression);
  ts.forEachChild(node, (child) => made(child, found));
}

/** Calls `found` with each name after a `@throws`, in braces or not. */
function thrown(declaration: ts.ClassLikeDeclaration, found: (name: string) => void): void {
  for (const member of declaration.members) {
    for (const line of docsOf(member)) {
      const name = /^@(?:throws|exception)\s+\{?\s*([\w$]+)/.exec(line)?.[1];
      if (name !== undefined) found(name);
    }
  }
}

/** What a name means where a class stands: of the compiler's own functions, but not of its declared ones. */
function resolve(checker: ts.TypeChecker, name: string, at: ts.Node): ts.Symbol | undefined {
  const { resolveName } = checker as unknown as {
    resolveName(name: string, at: ts.Node, meaning: ts.SymbolFlags, withoutGlobals: boolean): ts.Symbol | undefined;
  };
  return resolveName(name, at, ts.SymbolFlags.Class | ts.SymbolFlags.Alias, true);
}

function extendsRpcError(checker: ts.TypeChecker, declaration: ts.ClassLikeDeclaration): boolean {
  const chain = [declaration, ...parents(checker, declaration)];
  // By its name, since the package may not be installed where sources are only read.
  return chain.some(
    (each) =>
      extendedBy(each)?.expression.getText() === "RpcError" || (each !== declaration && nameOf(each) === "RpcError"),
  );
}

function extendedBy({ heritageClauses }: ts.ClassLikeDeclaration): ts.ExpressionWithTypeArguments | undefined {
  return heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
}

/** The class that a class extends, and its parents. */
function parents(checker: ts.TypeChecker, declaration: ts.ClassLikeDeclaration): ts.ClassLikeDeclaration[] {
  const extended = extendedBy(declaration);
  const symbol = extended && behindAlias(checker, checker.getSymbolAtLocation(extended.expression));
  const parent = symbol?.valueDeclaration;
  return parent !== undefined && ts.isClassLike(parent) ? [parent, ...parents(checker, parent)] : [];
}

function modelOf(reading: Reading, declaration: ts.ClassLikeDeclaration): ErrorModel | undefined {
  const { checker } = reading;
  const chain = [declaration, ...parents(checker, declaration)].filter((each) => nameOf(each) !== "RpcError");
  const place = { node: declaration.name ?? declaration, subject: nameOf(declaration) };
  const reason = first(chain, (each) => reasonIn(checker, each));
  // A class between, which others extend: without a reason it is never thrown itself.
  if (reason === undefined) return undefined;
  const code = first(chain, (each) => codeIn(checker, each)) ?? "unknown";
  const details = first(chain, (each) => each.members.find((member) => member.name?.getText() === "details"));
  const written = details !== undefined && ts.isPropertyDeclaration(details) ? details.type : undefined;
  const shape =
    written === undefined || !isConcrete(written)
      ? undefined
      : reading.ofNode(written, { ...place, node: written, subject: `${place.subject}.details` });
  return { name: reading.names.take(nameOf(declaration)), docs: docsOf(declaration), reason, code, details: shape };
}

function first<T, R>(all: readonly T[], of: (each: T) => R | undefined): R | undefined {
  for (const each of all) {
    const found = of(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reasonIn(checker: ts.TypeChecker, declaration: ts.ClassLikeDeclaration): string | undefined {
  for (const member of declaration.members) {
    if (!ts.isPropertyDeclaration(member) || member.name.getText() !== "reason" || member.initializer === undefined)
      continue;
    if ((ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) === 0) continue;
    const value = constantOf(checker, member.initializer)?.value;
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** The first argument that its constructor gives `super`. */
function codeIn(checker: ts.TypeChecker, declaration: ts.ClassLikeDeclaration): CodeName | undefined {
  const body = declaration.members.find(ts.isConstructorDeclaration)?.body;
  for (const statement of body?.statements ?? []) {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) continue;
    const { expression, arguments: input } = statement.expression;
    if (expression.kind !== ts.SyntaxKind.SuperKeyword || input[0] === undefined) continue;
    return constantOf(checker, input[0])?.value as CodeName | undefined;
  }
  return undefined;
}
