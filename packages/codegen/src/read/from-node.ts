import { ts } from "ts-morph";
import { type Keyword, keyword, type Shape, type TupleElement, unionOf } from "../shape.js";
import type { Place, Reading } from "./reading.js";
import { behindAlias, isBuiltIn } from "./symbols.js";

const keywords: ReadonlyMap<ts.SyntaxKind, Keyword> = new Map([
  [ts.SyntaxKind.StringKeyword, "string"],
  [ts.SyntaxKind.NumberKeyword, "number"],
  [ts.SyntaxKind.BooleanKeyword, "boolean"],
  [ts.SyntaxKind.BigIntKeyword, "bigint"],
  [ts.SyntaxKind.UndefinedKeyword, "undefined"],
  [ts.SyntaxKind.VoidKeyword, "void"],
  [ts.SyntaxKind.NeverKeyword, "never"],
  [ts.SyntaxKind.AnyKeyword, "any"],
  [ts.SyntaxKind.UnknownKeyword, "unknown"],
  [ts.SyntaxKind.ObjectKeyword, "object"],
]);

/**
 * Returns the shape of a type as somebody wrote it down, in a place where no type parameter is in sight. What is
 * simpler to ask the compiler for is asked.
 */
export function shapeOfNode(reading: Reading, node: ts.TypeNode, place: Place): Shape {
  const inner = (each: ts.TypeNode): Shape => reading.ofNode(each, { ...place, node: each });
  const known = keywords.get(node.kind);
  if (known !== undefined) return keyword(known);
  if (ts.isParenthesizedTypeNode(node)) return inner(node.type);
  if (ts.isUnionTypeNode(node)) return unionOf(node.types.map(inner));
  if (ts.isArrayTypeNode(node)) return { kind: "array", element: inner(node.elementType), readonly: false };
  if (ts.isTupleTypeNode(node)) return { kind: "tuple", elements: elementsOf(node, inner), readonly: false };
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) {
    const mutable = inner(node.type);
    return mutable.kind === "array" || mutable.kind === "tuple" ? { ...mutable, readonly: true } : mutable;
  }
  if (ts.isTypeReferenceNode(node)) return ofReference(reading, node, place, inner);
  return reading.ofType(reading.checker.getTypeFromTypeNode(node), place);
}

function elementsOf(node: ts.TupleTypeNode, inner: (node: ts.TypeNode) => Shape): TupleElement[] {
  return node.elements.map((element) => {
    if (ts.isNamedTupleMember(element)) {
      const rest = element.dotDotDotToken !== undefined;
      return {
        name: element.name.text,
        shape: inner(element.type),
        optional: element.questionToken !== undefined,
        rest,
      };
    }
    const optional = ts.isOptionalTypeNode(element);
    const rest = ts.isRestTypeNode(element);
    return { shape: inner(optional || rest ? element.type : element), optional, rest };
  });
}

function ofReference(
  reading: Reading,
  node: ts.TypeReferenceNode,
  place: Place,
  inner: (node: ts.TypeNode) => Shape,
): Shape {
  const { checker, program } = reading;
  const symbol = behindAlias(checker, checker.getSymbolAtLocation(node.typeName));
  const type = checker.getTypeFromTypeNode(node);
  const [first, second] = node.typeArguments ?? [];
  if (symbol === undefined) return reading.ofType(type, place);
  if (isBuiltIn(program, symbol)) {
    if (first !== undefined && second === undefined) {
      if (symbol.name === "Array") return { kind: "array", element: inner(first), readonly: false };
      if (symbol.name === "ReadonlyArray") return { kind: "array", element: inner(first), readonly: true };
      if (symbol.name === "Set") return { kind: "set", members: inner(first), readonly: false };
      if (symbol.name === "ReadonlySet") return { kind: "set", members: inner(first), readonly: true };
    }
    if (first !== undefined && second !== undefined) {
      if (symbol.name === "Map") return { kind: "map", keys: inner(first), values: inner(second), readonly: false };
      if (symbol.name === "ReadonlyMap")
        return { kind: "map", keys: inner(first), values: inner(second), readonly: true };
      if (symbol.name === "Record" && first.kind === ts.SyntaxKind.StringKeyword) {
        return { kind: "object", fields: [], indexes: [{ key: "string", shape: inner(second), readonly: false }] };
      }
    }
    return utility(reading, symbol.name, node, place, inner) ?? reading.ofType(type, place);
  }
  const named = ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.Enum;
  if ((symbol.flags & named) === 0) return reading.ofType(type, place);
  if (node.typeArguments === undefined && !hasParameters(symbol)) return reading.ofSymbol(symbol, type, [], place);
  return reading.ofType(type, place);
}

const utilities = /^(?:Partial|Required|Readonly|Pick|Omit)$/;

/** `Partial<Order>` and the like are kept, where what they are made of has a name. */
function utility(
  reading: Reading,
  name: string,
  node: ts.TypeReferenceNode,
  place: Place,
  inner: (node: ts.TypeNode) => Shape,
): Shape | undefined {
  const of = utilities.test(name) ? (node.typeArguments ?? []).map(inner) : [];
  if (of[0]?.kind !== "ref") return undefined;
  const flat = reading.ofType(reading.checker.getTypeFromTypeNode(node), place);
  const keys = name === "Pick" && of[1] !== undefined ? (of[1].kind === "union" ? of[1].of : [of[1]]) : [];
  const fields = flat.kind === "object" ? flat.fields.map((field) => field.name) : [];
  const kept = keys.every((key) => key.kind === "literal" && fields.includes(String(key.value)));
  return kept ? { kind: "utility", name, of, flat } : flat;
}

function hasParameters(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((each) => "typeParameters" in each && each.typeParameters !== undefined);
}
