import { ts } from "ts-morph";
import type { Shape } from "../shape.js";
import type { Place, Reading } from "./reading.js";
import { alternativesOf, behindAlias, isBuiltIn, isConcrete } from "./symbols.js";

const bytes: Shape = { kind: "global", name: "Uint8Array" };

/**
 * Returns the shape of what a stream yields. Of Node's streams, and of the web's that say no more, bytes. `written` is
 * the type as somebody wrote it, where nothing generic is in sight.
 */
export function itemsOf(reading: Reading, type: ts.Type, written: ts.TypeNode | undefined, place: Place): Shape {
  const { checker, program } = reading;
  const { symbol } = type;
  const here = { ...place, subject: `${place.subject}, each item` };
  const isOfNode = type.getProperty("readableFlowing") !== undefined;
  if (isOfNode) return bytes;
  const [argument] =
    (type as ts.TypeReference).target === undefined ? [] : checker.getTypeArguments(type as ts.TypeReference);
  const isWeb = isBuiltIn(program, symbol) && symbol.name === "ReadableStream";
  if (isWeb && (argument === undefined || (argument.flags & ts.TypeFlags.Any) !== 0)) return bytes;
  if (isBuiltIn(program, symbol) && argument !== undefined) {
    const node = firstArgument(reading, written, symbol);
    return node === undefined ? reading.ofType(argument, here) : reading.ofNode(node, { ...here, node });
  }
  const yielded = yieldedBy(checker, type, place.node);
  if (yielded !== undefined) return reading.ofType(yielded, here);
  reading.refuse(place, "what this stream yields cannot be made out", "declare it as an AsyncIterable<Item>");
  return bytes;
}

function firstArgument(reading: Reading, written: ts.TypeNode | undefined, symbol: ts.Symbol): ts.TypeNode | undefined {
  if (written === undefined || !ts.isTypeReferenceNode(written) || !isConcrete(written)) return undefined;
  const named = behindAlias(reading.checker, reading.checker.getSymbolAtLocation(written.typeName));
  return named === symbol ? written.typeArguments?.[0] : undefined;
}

/** What `next()` of its iterator resolves to, while it is not done. */
function yieldedBy(checker: ts.TypeChecker, type: ts.Type, at: ts.Node): ts.Type | undefined {
  const resultOf = (of: ts.Type | undefined, name: (escaped: string) => boolean): ts.Type | undefined => {
    const property = of?.getProperties().find(({ escapedName }) => name(String(escapedName)));
    const method = property && checker.getTypeOfSymbolAtLocation(property, at);
    return method?.getCallSignatures()[0]?.getReturnType();
  };
  const iterator = resultOf(type, (name) => name.startsWith("__@asyncIterator"));
  const result = resultOf(iterator, (name) => name === "next");
  const awaited = result && checker.getAwaitedType(result);
  for (const each of awaited === undefined ? [] : alternativesOf(awaited)) {
    const done = each.getProperty("done");
    if (done && checker.typeToString(checker.getTypeOfSymbolAtLocation(done, at)) === "true") continue;
    const value = each.getProperty("value");
    if (value) return checker.getTypeOfSymbolAtLocation(value, at);
  }
  return undefined;
}
