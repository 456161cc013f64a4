import { ts } from "ts-morph";
import {
  type Field,
  type IndexSignature,
  isKeyword,
  type ObjectShape,
  type Shape,
  unionOf,
  withoutUndefined,
} from "../shape.js";
import { docsOf } from "./docs.js";
import type { Place, Reading } from "./reading.js";
import { alternativesOf, isConcrete, isFunction } from "./symbols.js";

const { SymbolFlags, TypeFlags } = ts;
const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** Returns what of an object type travels: fields, not methods; public ones, not those named by symbols. */
export function fieldsOf(reading: Reading, type: ts.Type, place: Place): ObjectShape {
  const fields = inOrder(type, reading.checker.getPropertiesOfType(type)).flatMap((property) => {
    const field = fieldOf(reading, property, place);
    return field === undefined ? [] : [field];
  });
  return { kind: "object", fields, indexes: indexesOf(reading, type, place) };
}

/** The compiler orders what it has computed by what it read first, of all files: this order is the source's own. */
function inOrder(type: ts.Type, properties: readonly ts.Symbol[]): readonly ts.Symbol[] {
  const mapped = ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped) !== 0;
  if (!mapped) return properties;
  const place = ({ declarations, name }: ts.Symbol): string => {
    const first = declarations?.[0];
    if (first === undefined) return `~${name}`;
    return `${first.getSourceFile().fileName}:${String(first.pos).padStart(9, "0")}`;
  };
  const keyed = properties.map((property) => [place(property), property] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, property]) => property);
}

function fieldOf(reading: Reading, property: ts.Symbol, place: Place): Field | undefined {
  const declaration = property.valueDeclaration ?? property.declarations?.[0];
  const notes = declaration === undefined ? nothingNoted : notesOf(declaration);
  if (!travels(property, declaration, notes)) return undefined;
  const type = reading.checker.getTypeOfSymbol(property);
  const left = alternativesOf(type).filter((each) => !isFunction(each) && (each.flags & TypeFlags.ESSymbolLike) === 0);
  const something = left.some(({ flags }) => (flags & TypeFlags.Undefined) === 0);
  if (!something && left.length < alternativesOf(type).length) return undefined;
  const { name } = property;
  const here = { node: placeNode(declaration, place), subject: `${place.subject}.${name}` };
  const optional = (property.flags & SymbolFlags.Optional) !== 0;
  return {
    name: notes.name ?? name,
    docs: docsOf(declaration),
    shape: shapeOf(
      reading,
      property,
      declaration,
      left.length < alternativesOf(type).length ? left : type,
      optional,
      here,
    ),
    optional: optional || notes.oneWay,
    readonly: isReadonly(property, declaration),
  };
}

function shapeOf(
  reading: Reading,
  property: ts.Symbol,
  declaration: ts.Declaration | undefined,
  type: ts.Type | readonly ts.Type[],
  optional: boolean,
  place: Place,
): Shape {
  if (Array.isArray(type)) return cleaned(unionOf(type.map((each: ts.Type) => reading.ofType(each, place))), optional);
  const written =
    (property.flags & SymbolFlags.Transient) === 0 && declaration !== undefined && typeNodeOf(declaration);
  if (written && isConcrete(declaration)) return reading.ofNode(written, { ...place, node: written });
  // With exact optional types the compiler tells a field that is missing from one that is undefined.
  const missing = alternativesOf(type as ts.Type).filter(
    (each) => (each.flags & TypeFlags.Undefined) !== 0 && each !== reading.checker.getUndefinedType(),
  );
  if (missing.length === 0) return reading.ofType(type as ts.Type, place);
  const real = alternativesOf(type as ts.Type).some((each) => each === reading.checker.getUndefinedType());
  const shape = reading.ofType(type as ts.Type, place);
  return real ? shape : withoutUndefined(shape);
}

function cleaned(shape: Shape, optional: boolean): Shape {
  return optional && !isKeyword(shape, "undefined") ? withoutUndefined(shape) : shape;
}

function travels(property: ts.Symbol, declaration: ts.Declaration | undefined, notes: Notes): boolean {
  if (/^__[@#]/.test(String(property.escapedName)) || (property.flags & SymbolFlags.Method) !== 0) return false;
  if ((property.flags & SymbolFlags.Prototype) !== 0 || notes.excluded) return false;
  if (declaration === undefined) return true;
  if ((ts.getCombinedModifierFlags(declaration) & hidden) !== 0) return false;
  // An accessor of a class stands on its prototype, where only class-transformer finds it, and only if told so.
  const accessor = ts.isAccessor(declaration) || ts.isAutoAccessorPropertyDeclaration(declaration);
  return !accessor || !ts.isClassLike(declaration.parent) || notes.exposed;
}

/** What class-transformer was told of a field. */
interface Notes {
  readonly excluded: boolean;
  readonly exposed: boolean;
  /** Left out in one direction: nobody may count on it. */
  readonly oneWay: boolean;
  readonly name: string | undefined;
}

const nothingNoted: Notes = { excluded: false, exposed: false, oneWay: false, name: undefined };

function notesOf(declaration: ts.Declaration): Notes {
  if (!ts.canHaveDecorators(declaration)) return nothingNoted;
  let notes = nothingNoted;
  for (const { expression } of ts.getDecorators(declaration) ?? []) {
    if (!ts.isCallExpression(expression) || !ts.isIdentifier(expression.expression)) continue;
    const options = expression.arguments[0]?.getText() ?? "";
    const oneWay = /toPlainOnly: *true|toClassOnly: *true/.test(options);
    if (expression.expression.text === "Exclude") notes = oneWay ? { ...notes, oneWay } : { ...notes, excluded: true };
    if (expression.expression.text === "Expose") {
      notes = { ...notes, exposed: true, name: /\bname: *["'`]([^"'`]+)["'`]/.exec(options)?.[1] };
    }
  }
  return notes;
}

function typeNodeOf(declaration: ts.Declaration): ts.TypeNode | undefined {
  return "type" in declaration ? (declaration.type as ts.TypeNode | undefined) : undefined;
}

function isReadonly(property: ts.Symbol, declaration: ts.Declaration | undefined): boolean {
  // Of a mapped type only the compiler knows: CheckFlags.Readonly, internal.
  const { links } = property as { links?: { checkFlags?: number } };
  if (
    (property.flags & SymbolFlags.Transient) !== 0 &&
    links?.checkFlags !== undefined &&
    (links.checkFlags & 8) !== 0
  ) {
    return true;
  }
  return declaration !== undefined && (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly) !== 0;
}

function placeNode(declaration: ts.Declaration | undefined, place: Place): ts.Node {
  if (declaration === undefined || declaration.getSourceFile().isDeclarationFile) return place.node;
  return ts.getNameOfDeclaration(declaration) ?? declaration;
}

function indexesOf(reading: Reading, type: ts.Type, place: Place): IndexSignature[] {
  return reading.checker.getIndexInfosOfType(type).flatMap(({ keyType, type: value, isReadonly, declaration }) => {
    if ((keyType.flags & TypeFlags.ESSymbolLike) !== 0 || isFunction(value)) return [];
    const key = reading.checker.typeToString(keyType, undefined, ts.TypeFormatFlags.NoTruncation);
    const written = declaration !== undefined && "type" in declaration ? declaration.type : undefined;
    const node = written !== undefined && isConcrete(written) ? written : undefined;
    const here = { ...place, subject: `${place.subject}[${key}]` };
    const shape = node === undefined ? reading.ofType(value, here) : reading.ofNode(node, { ...here, node });
    return [{ key, shape, readonly: isReadonly }];
  });
}
