import { ts } from "ts-morph";
import type { KeyModel } from "../model.js";

/**
 * Returns the function of an option `key` where it is an arrow function of nothing but its arguments' fields, in texts
 * perhaps; undefined for anything else: what has been written for a server is not carried over to its callers.
 */
export function keyOf(expression: ts.Expression): KeyModel | undefined {
  if (!ts.isArrowFunction(expression) || ts.isBlock(expression.body)) return undefined;
  const names = expression.parameters.map(({ name, initializer, dotDotDotToken }) =>
    ts.isIdentifier(name) && initializer === undefined && dotDotDotToken === undefined ? name.text : undefined,
  );
  if (names.includes(undefined) || !isOfFields(expression.body, new Set(names))) return undefined;
  return { names: names as string[], body: expression.body.getText() };
}

function isOfFields(node: ts.Expression, names: ReadonlySet<unknown>): boolean {
  if (ts.isIdentifier(node)) return names.has(node.text);
  if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return true;
  if (ts.isParenthesizedExpression(node) || ts.isPropertyAccessExpression(node))
    return isOfFields(node.expression, names);
  if (ts.isTemplateExpression(node)) return node.templateSpans.every((span) => isOfFields(span.expression, names));
  if (ts.isCallExpression(node)) {
    return node.expression.getText() === "String" && node.arguments.every((each) => isOfFields(each, names));
  }
  const joins = ts.SyntaxKind.PlusToken;
  const either = ts.SyntaxKind.QuestionQuestionToken;
  if (!ts.isBinaryExpression(node) || (node.operatorToken.kind !== joins && node.operatorToken.kind !== either))
    return false;
  return isOfFields(node.left, names) && isOfFields(node.right, names);
}
