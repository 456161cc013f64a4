import { ts } from "ts-morph";
import { keyword, type Parameter, type Shape, unionOf, withoutUndefined } from "../shape.js";
import type { Place, Reading } from "./reading.js";
import { itemsOf } from "./streams.js";
import { alternativesOf, behindAlias, isBuiltIn, isConcrete, isStream } from "./symbols.js";

/** Returns what callers give a method. */
export function parametersOf(reading: Reading, signature: ts.Signature, place: Place): Parameter[] {
  const used = new Set(signature.parameters.map(({ name }) => name));
  return signature.parameters.map((parameter, index) => {
    const declaration = parameter.valueDeclaration;
    if (declaration === undefined || !ts.isParameter(declaration)) {
      // Made by the compiler from a tuple: as it is with what a mapped type or a `Parameters<…>` spreads.
      const type = reading.checker.getTypeOfSymbolAtLocation(parameter, place.node);
      return { name: parameter.name, shape: reading.ofType(type, place), optional: false, rest: false };
    }
    const name = ts.isIdentifier(declaration.name) ? declaration.name.text : freeName(declaration, index, used);
    const rest = declaration.dotDotDotToken !== undefined;
    const optional = !rest && reading.checker.isOptionalParameter(declaration);
    const here = { node: declaration, subject: `${place.subject}, argument "${name}"` };
    const type = reading.checker.getTypeOfSymbolAtLocation(parameter, declaration);
    const written = declaration.type !== undefined && isConcrete(declaration) ? declaration.type : undefined;
    const shape = shapeFrom(reading, type, written, here);
    return {
      name,
      shape: optional ? withoutUndefined(shape) : withDefault(declaration, optional, shape),
      optional,
      rest,
    };
  });
}

/** A parameter with a default that is not among the last may be given `undefined`. */
function withDefault({ initializer }: ts.ParameterDeclaration, optional: boolean, shape: Shape): Shape {
  return initializer === undefined || optional ? shape : unionOf([shape, keyword("undefined")]);
}

function freeName(declaration: ts.ParameterDeclaration, index: number, used: Set<string>): string {
  const type = declaration.type?.getText() ?? "";
  const wanted = /^[A-Z]\w*$/.test(type) ? type.charAt(0).toLowerCase() + type.slice(1) : `argument${index}`;
  const name = used.has(wanted) ? `${wanted}${index}` : wanted;
  used.add(name);
  return name;
}

/** Returns what a call resolves to, or the stream that it returns. */
export function resultOf(reading: Reading, signature: ts.Signature, place: Place): Shape {
  const { declaration } = signature;
  const written = declaration !== undefined && !ts.isJSDocSignature(declaration) ? declaration.type : undefined;
  const concrete =
    written !== undefined && isConcrete(written) && !ts.isTypePredicateNode(written) ? written : undefined;
  const here = { node: written ?? place.node, subject: `${place.subject}, its result` };
  const type = reading.checker.getAwaitedType(signature.getReturnType());
  if (type === undefined) return keyword("never");
  if ((type as { isThisType?: boolean }).isThisType || concrete?.kind === ts.SyntaxKind.ThisType) {
    reading.refuse(here, "it returns the service itself, which stays where it is", "return data");
    return keyword("never");
  }
  return shapeFrom(reading, type, concrete === undefined ? undefined : settled(reading, concrete), here);
}

/** Returns what is left of a written type when the promises in front of it are awaited; undefined where that cannot be seen. */
function settled(reading: Reading, node: ts.TypeNode): ts.TypeNode | undefined {
  const { checker } = reading;
  const type = checker.getTypeFromTypeNode(node);
  if (checker.getAwaitedType(type) === type) return node;
  if (!ts.isTypeReferenceNode(node)) return undefined;
  const symbol = behindAlias(checker, checker.getSymbolAtLocation(node.typeName));
  if (!isBuiltIn(reading.program, symbol) || !/^Promise(?:Like)?$/.test(symbol?.name ?? "")) return undefined;
  const inner = node.typeArguments?.[0];
  return inner && settled(reading, inner);
}

/** An argument or a result: a value, or a stream, whichever alternative. */
function shapeFrom(reading: Reading, type: ts.Type, written: ts.TypeNode | undefined, place: Place): Shape {
  const alternatives = alternativesOf(type);
  const streams = alternatives.filter(isStream);
  if (streams.length === 0) {
    return written === undefined ? reading.ofType(type, place) : reading.ofNode(written, { ...place, node: written });
  }
  const whole = alternatives.length === 1 ? written : undefined;
  const items = streams.map((each) => itemsOf(reading, each, whole, place));
  const others = alternatives.filter((each) => !isStream(each));
  const stream: Shape = { kind: "stream", items: unionOf(items) };
  return unionOf([stream, ...others.map((each) => reading.ofType(each, place))]);
}

/** Whether a shape is a stream, among other things. */
export function streams(shape: Shape): boolean {
  return shape.kind === "stream" || (shape.kind === "union" && shape.of.some(streams));
}
