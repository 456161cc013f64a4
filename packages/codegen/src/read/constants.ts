import { ts } from "ts-morph";
import { behindAlias } from "./symbols.js";

/** What an expression is, known without running anything. */
export interface Constant {
  readonly value: unknown;
}

/** Returns what an expression is, or undefined where only a running program could tell. */
export function constantOf(checker: ts.TypeChecker, expression: ts.Expression): Constant | undefined {
  const node = unwrapped(expression);
  if (ts.isStringLiteralLike(node)) return { value: node.text };
  if (ts.isNumericLiteral(node)) return { value: Number(node.text) };
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  if (node.kind === ts.SyntaxKind.NullKeyword) return { value: null };
  if (ts.isPrefixUnaryExpression(node)) return negated(constantOf(checker, node.operand), node.operator);
  if (ts.isBinaryExpression(node)) {
    return combined(constantOf(checker, node.left), node.operatorToken.kind, constantOf(checker, node.right));
  }
  if (ts.isArrayLiteralExpression(node)) return list(checker, node);
  if (ts.isIdentifier(node) && node.text === "undefined") return { value: undefined };
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) return member(checker, node);
  const definition = definitionOf(checker, node);
  return definition === undefined ? undefined : constantOf(checker, definition);
}

/** Returns the fields of an object literal, or of a constant that is one, spread ones included; undefined for anything else. */
export function entriesOf(checker: ts.TypeChecker, expression: ts.Expression): Map<string, ts.Expression> | undefined {
  const node = unwrapped(expression);
  if (!ts.isObjectLiteralExpression(node)) {
    const definition = definitionOf(checker, node);
    return definition === undefined ? undefined : entriesOf(checker, definition);
  }
  const entries = new Map<string, ts.Expression>();
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const inner = entriesOf(checker, property.expression);
      if (inner === undefined) return undefined;
      for (const [name, value] of inner) entries.set(name, value);
    } else if (ts.isPropertyAssignment(property) && !ts.isComputedPropertyName(property.name)) {
      entries.set(property.name.text, property.initializer);
    } else if (ts.isShorthandPropertyAssignment(property)) {
      entries.set(property.name.text, property.name);
    } else if (!ts.isMethodDeclaration(property)) return undefined;
  }
  return entries;
}

function unwrapped(node: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return unwrapped(node.expression);
  return ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node) ? unwrapped(node.expression) : node;
}

function negated(operand: Constant | undefined, operator: ts.PrefixUnaryOperator): Constant | undefined {
  if (operand === undefined) return undefined;
  if (operator === ts.SyntaxKind.ExclamationToken) return { value: !operand.value };
  if (typeof operand.value !== "number") return undefined;
  return operator === ts.SyntaxKind.MinusToken ? { value: -operand.value } : operand;
}

function combined(
  left: Constant | undefined,
  operator: ts.SyntaxKind,
  right: Constant | undefined,
): Constant | undefined {
  if (left === undefined || right === undefined) return undefined;
  const [a, b] = [left.value, right.value];
  if (operator === ts.SyntaxKind.PlusToken && (typeof a === "string" || typeof b === "string"))
    return { value: `${a}${b}` };
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  if (operator === ts.SyntaxKind.PlusToken) return { value: a + b };
  if (operator === ts.SyntaxKind.MinusToken) return { value: a - b };
  if (operator === ts.SyntaxKind.AsteriskToken) return { value: a * b };
  if (operator === ts.SyntaxKind.SlashToken) return { value: a / b };
  return operator === ts.SyntaxKind.AsteriskAsteriskToken ? { value: a ** b } : undefined;
}

function list(checker: ts.TypeChecker, node: ts.ArrayLiteralExpression): Constant | undefined {
  const values: unknown[] = [];
  for (const element of node.elements) {
    const each = constantOf(checker, ts.isSpreadElement(element) ? element.expression : element);
    if (each === undefined) return undefined;
    if (!ts.isSpreadElement(element)) values.push(each.value);
    else if (Array.isArray(each.value)) values.push(...each.value);
    else return undefined;
  }
  return { value: values };
}

function member(
  checker: ts.TypeChecker,
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
): Constant | undefined {
  const ofEnum = checker.getConstantValue(node);
  if (ofEnum !== undefined) return { value: ofEnum };
  const key = ts.isPropertyAccessExpression(node)
    ? node.name.text
    : constantOf(checker, node.argumentExpression)?.value;
  const entry = typeof key === "string" ? entriesOf(checker, node.expression)?.get(key) : undefined;
  return entry === undefined ? undefined : constantOf(checker, entry);
}

/** Returns what a `const` was made with, wherever it is declared. */
function definitionOf(checker: ts.TypeChecker, node: ts.Expression): ts.Expression | undefined {
  if (!ts.isIdentifier(node)) return undefined;
  const shorthand = ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node;
  const symbol = shorthand ? checker.getShorthandAssignmentValueSymbol(node.parent) : checker.getSymbolAtLocation(node);
  const declaration = behindAlias(checker, symbol)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
  return (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) === 0 ? undefined : declaration.initializer;
}
