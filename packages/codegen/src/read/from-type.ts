import { ts } from "ts-morph";
import { type Keyword, keyOf, keyword, type Shape, unionOf } from "../shape.js";
import { builtIn } from "./built-in.js";
import type { Place, Reading } from "./reading.js";
import { alternativesOf, isBuiltIn, isErrorType, isFunction } from "./symbols.js";

const { TypeFlags } = ts;
const keywords: readonly (readonly [ts.TypeFlags, Keyword])[] = [
  [TypeFlags.Unknown, "unknown"],
  [TypeFlags.String, "string"],
  [TypeFlags.Number, "number"],
  [TypeFlags.Boolean, "boolean"],
  [TypeFlags.BigInt, "bigint"],
  [TypeFlags.Null, "null"],
  [TypeFlags.Undefined, "undefined"],
  [TypeFlags.Void, "void"],
  [TypeFlags.Never, "never"],
  [TypeFlags.NonPrimitive, "object"],
];

const primitives =
  TypeFlags.StringLike |
  TypeFlags.NumberLike |
  TypeFlags.BigIntLike |
  TypeFlags.BooleanLike |
  TypeFlags.TemplateLiteral;

/** Returns the shape of a type as the compiler knows it, by its name where it has one. */
export function shapeOfType(reading: Reading, type: ts.Type, place: Place): Shape {
  const { aliasSymbol, aliasTypeArguments = [] } = type;
  if (aliasSymbol !== undefined && !isBuiltIn(reading.program, aliasSymbol)) {
    return reading.ofSymbol(aliasSymbol, type, aliasTypeArguments, place);
  }
  return shapeOfStructure(reading, type, place);
}

/** The same, without asking whether the type was given a name by an alias. */
export function shapeOfStructure(reading: Reading, type: ts.Type, place: Place): Shape {
  const { flags } = type;
  if (isErrorType(type)) return unknownType(reading, place);
  if ((flags & TypeFlags.Any) !== 0) return keyword("any");
  const known = keywords.find(([flag]) => (flags & flag) !== 0);
  if (known !== undefined) return keyword(known[1]);
  if (
    (flags & TypeFlags.EnumLike) !== 0 &&
    type.symbol !== undefined &&
    (type.symbol.flags & ts.SymbolFlags.Enum) !== 0
  ) {
    return reading.ofSymbol(type.symbol, type, [], place);
  }
  if ((flags & TypeFlags.Literal) !== 0) return literal(reading, type);
  if ((flags & (TypeFlags.TemplateLiteral | TypeFlags.StringMapping)) !== 0) {
    return { kind: "template", text: reading.checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation) };
  }
  if (type.isUnion()) return union(reading, type, place);
  if (type.isIntersection()) return intersection(reading, type, place);
  if ((flags & TypeFlags.ESSymbolLike) !== 0) {
    return refused(reading, place, "a symbol, and a call carries only data", "use a string");
  }
  if ((flags & TypeFlags.Object) !== 0) return object(reading, type as ts.ObjectType, place);
  const text = reading.checker.typeToString(type);
  return refused(
    reading,
    place,
    `"${text}" is a type parameter, or depends on one`,
    "declare the types it is called with",
  );
}

/** Tells what the compiler said of a place where a type is missing. */
function unknownType(reading: Reading, place: Place): Shape {
  const spans = [place.node, importOf(reading, place.node)].filter((each) => each !== undefined);
  const told = reading.program
    .getSemanticDiagnostics(place.node.getSourceFile())
    .find(({ start = -1 }) => spans.some((span) => start >= span.getStart() && start <= span.getEnd()));
  const text = told === undefined ? "its type cannot be found" : ts.flattenDiagnosticMessageText(told.messageText, " ");
  return refused(reading, place, text.replace(/\.$/, ""), "import or declare the type, and install what it comes from");
}

/** The import that brings what a type refers to: it may be what is wrong. */
function importOf(reading: Reading, node: ts.Node): ts.Node | undefined {
  const name = ts.isTypeReferenceNode(node) ? node.typeName : node;
  const [declaration] = reading.checker.getSymbolAtLocation(name)?.declarations ?? [];
  return declaration && ts.findAncestor(declaration, ts.isImportDeclaration);
}

function literal(reading: Reading, type: ts.Type): Shape {
  if (type.isStringLiteral() || type.isNumberLiteral()) return { kind: "literal", value: type.value };
  if ((type.flags & TypeFlags.BigIntLiteral) !== 0) {
    const { negative, base10Value } = (type as ts.BigIntLiteralType).value;
    return { kind: "literal", value: BigInt(`${negative ? "-" : ""}${base10Value}`) };
  }
  return { kind: "literal", value: reading.checker.typeToString(type) === "true" };
}

/** Alternatives in an order of their own: the compiler's changes with what else it has read. */
function union(reading: Reading, type: ts.UnionType, place: Place): Shape {
  // Internal to the compiler: the alternatives as they were written, where some of these have names.
  const written = (type as { origin?: ts.Type }).origin;
  const of = written?.isUnion() ? written.types : type.types;
  const shapes = of.map((each) => reading.ofType(each, place));
  return unionOf(wholeBoolean(shapes).sort(byKindThenText));
}

/** The compiler knows `boolean` as `true | false`. */
function wholeBoolean(shapes: readonly Shape[]): Shape[] {
  const others = shapes.filter((each) => each.kind !== "literal" || typeof each.value !== "boolean");
  return shapes.length - others.length === 2 ? [...others, keyword("boolean")] : [...shapes];
}

function byKindThenText(a: Shape, b: Shape): number {
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (a.kind === "literal" && b.kind === "literal" && typeof a.value === "number" && typeof b.value === "number") {
    return a.value - b.value;
  }
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

/** `null` and `undefined` come last. */
function rank(shape: Shape): number {
  return shape.kind !== "keyword" ? 0 : shape.name === "undefined" ? 3 : shape.name === "null" ? 2 : 1;
}

function intersection(reading: Reading, type: ts.IntersectionType, place: Place): Shape {
  const primitive = type.types.find(({ flags }) => (flags & primitives) !== 0);
  const of = type.types.map((each) => reading.ofType(each, place));
  // A brand is a word to the compiler: what travels is what is branded.
  const flat = primitive === undefined ? reading.ofFields(type, place) : reading.ofType(primitive, place);
  const empty = (shape: Shape): boolean =>
    shape.kind === "object" && shape.fields.length === 0 && shape.indexes.length === 0;
  const left = of.filter((each) => !empty(each));
  return left.length < 2 ? (left[0] ?? flat) : { kind: "intersection", of: left, flat };
}

function object(reading: Reading, type: ts.ObjectType, place: Place): Shape {
  const { checker } = reading;
  if (checker.isTupleType(type)) return tuple(reading, type as ts.TupleTypeReference, place);
  const { symbol } = type;
  const args =
    (type.objectFlags & ts.ObjectFlags.Reference) === 0 ? [] : checker.getTypeArguments(type as ts.TypeReference);
  const known = builtIn(reading, type, args, place);
  if (known !== undefined) return known;
  if (isFunction(type)) {
    return refused(
      reading,
      place,
      "a function, and a call carries only data",
      "send what it would return, or stream it",
    );
  }
  const named = ts.SymbolFlags.Interface | ts.SymbolFlags.Class;
  if (symbol !== undefined && (symbol.flags & named) !== 0) {
    // The last argument of a class is its `this`.
    const own = args.slice(
      0,
      ((type as ts.TypeReference).target as ts.InterfaceType | undefined)?.typeParameters?.length ?? 0,
    );
    return reading.ofSymbol(symbol, type, own, place);
  }
  return reading.ofAnonymous(type, place);
}

function tuple(reading: Reading, type: ts.TupleTypeReference, place: Place): Shape {
  const { elementFlags, labeledElementDeclarations: labels, readonly } = type.target;
  const elements = reading.checker.getTypeArguments(type).map((element, index) => {
    const flags = elementFlags[index]!;
    const rest = (flags & ts.ElementFlags.Variable) !== 0;
    const optional = (flags & ts.ElementFlags.Optional) !== 0;
    const shape = optional ? definite(reading, element, place) : reading.ofType(element, place);
    const label = labels?.[index]?.name;
    const name = label !== undefined && ts.isIdentifier(label) ? { name: label.text } : {};
    const whole: Shape =
      (flags & ts.ElementFlags.Rest) !== 0 ? { kind: "array", element: shape, readonly: false } : shape;
    return { ...name, shape: whole, optional, rest };
  });
  return { kind: "tuple", elements, readonly };
}

/** What an optional element is where it is there. */
function definite(reading: Reading, type: ts.Type, place: Place): Shape {
  const missing = (each: ts.Type): boolean =>
    (each.flags & TypeFlags.Undefined) !== 0 && each !== reading.checker.getUndefinedType();
  const left = alternativesOf(type).filter((each) => !missing(each));
  if (left.length === alternativesOf(type).length) return reading.ofType(type, place);
  return unionOf(left.map((each) => reading.ofType(each, place)));
}

function refused(reading: Reading, place: Place, reason: string, fix: string): Shape {
  reading.refuse(place, reason, fix);
  return keyword("never");
}
