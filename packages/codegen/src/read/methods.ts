import type { MethodKind } from "@rpc/core";
import { ts } from "ts-morph";
import type { MethodModel } from "../model.js";
import type { Parameter, Shape } from "../shape.js";
import { constantOf } from "./constants.js";
import { noteOf } from "./decorators.js";
import { docsOf } from "./docs.js";
import { askCore, optionsOf } from "./method-options.js";
import type { Place, Reading } from "./reading.js";
import { parametersOf, resultOf, streams } from "./signature.js";

/** A method with `@Method`, found on a class or on one of its parents. */
interface Noted {
  readonly name: string;
  readonly argument: ts.Expression | undefined;
  readonly node: ts.Node;
}

/** Returns the methods that a service's class offers, its parents' first, as the decorators do. */
export function methodsOf(
  reading: Reading,
  service: ts.ClassLikeDeclaration,
  type: ts.InterfaceType,
  className: string,
): MethodModel[] {
  const chain = [...parentsOf(reading.checker, type)].reverse().concat(service);
  const noted = new Map<string, Noted>();
  for (const each of chain) for (const note of notesOf(reading, each, className)) noted.set(note.name, note);
  return [...noted.values()].flatMap((note) => {
    const method = methodOf(reading, note, chain, type, `${className}.${note.name}`);
    return method === undefined ? [] : [method];
  });
}

/** Returns the classes that a class extends, the nearest first. */
export function parentsOf(checker: ts.TypeChecker, type: ts.InterfaceType): ts.ClassLikeDeclaration[] {
  return checker.getBaseTypes(type).flatMap((base) => {
    const declaration = base.symbol?.declarations?.find(ts.isClassLike);
    if (declaration === undefined) return [];
    const target = ((base as ts.TypeReference).target ?? base) as ts.InterfaceType;
    return [declaration, ...parentsOf(checker, target)];
  });
}

function notesOf(reading: Reading, declaration: ts.ClassLikeDeclaration, className: string): Noted[] {
  return declaration.members.flatMap((member) => {
    const note = noteOf(reading.checker, member, "Method");
    if (note === undefined || member.name === undefined) return [];
    const { name } = member;
    const text = ts.isComputedPropertyName(name) ? constantOf(reading.checker, name.expression)?.value : name.text;
    const place = { node: name, subject: `${className}.${name.getText()}` };
    const wrong = wrongPlace(member, text);
    if (wrong === undefined) return [{ name: String(text), argument: note.argument, node: name }];
    reading.refuse(place, `@Method stands on ${wrong[0]}`, wrong[1]);
    return [];
  });
}

function wrongPlace(member: ts.ClassElement, name: unknown): readonly [what: string, fix: string] | undefined {
  const flags = ts.getCombinedModifierFlags(member);
  if ((flags & ts.ModifierFlags.Static) !== 0) return ["a static member", "make it a method of the instance"];
  if (typeof name !== "string" || name.startsWith("#"))
    return ["a member without a public name", "give the method a name"];
  if (ts.isAccessor(member)) return ["an accessor", "make it a method"];
  if (!ts.isMethodDeclaration(member)) return ["a field", "make it a method"];
  if ((flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0) return undefined;
  return ["a private or protected method, which no client's type shows", "make it public, or take @Method away"];
}

function methodOf(
  reading: Reading,
  { name, argument, node }: Noted,
  chain: readonly ts.ClassLikeDeclaration[],
  type: ts.InterfaceType,
  subject: string,
): MethodModel | undefined {
  const place = { node, subject };
  const property = reading.checker.getPropertyOfType(type, name);
  const signatures = property && reading.checker.getTypeOfSymbolAtLocation(property, chain.at(-1)!).getCallSignatures();
  const [signature] = signatures ?? [];
  if (signature === undefined) {
    reading.refuse(place, "it is no method of the class", "make it a public method");
    return undefined;
  }
  const objection = objectionTo(reading, signatures ?? [], signature);
  if (objection !== undefined) {
    reading.refuse(place, objection[0], objection[1]);
    return undefined;
  }
  const body = signature.declaration;
  const generates = body !== undefined && "asteriskToken" in body && body.asteriskToken !== undefined;
  if (generates && !/\basync\b/.test(body.modifiers?.map((each) => each.getText()).join(" ") ?? "")) {
    reading.refuse(
      place,
      "it is a generator, whose iterator cannot be sent",
      "return an array, or make it an async generator",
    );
    return undefined;
  }
  const parameters = parametersOf(reading, signature, place);
  const result = resultOf(reading, signature, place);
  const { stream, ...options } = optionsOf(reading, argument, place);
  const kind = kindOf(reading, stream ?? (generates ? "server" : "unary"), parameters, result, place);
  const { key: _key, ...checked } = options;
  askCore(reading, place, "Service", { [name]: { ...checked, ...(kind === "unary" ? {} : { stream: kind }) } });
  return { name, docs: docsFor(name, chain), kind, parameters, result, options };
}

function objectionTo(
  { checker }: Reading,
  signatures: readonly ts.Signature[],
  signature: ts.Signature,
): readonly [reason: string, fix: string] | undefined {
  if (signatures.length > 1) return ["it is overloaded", "give each signature a name of its own"];
  if (signature.typeParameters !== undefined) return ["it is generic", "declare the types it is called with"];
  if (checker.getTypePredicateOfSignature(signature) !== undefined) {
    return ["it is a type guard, which tells the caller of another process nothing", "return a boolean"];
  }
  return undefined;
}

/** What a method's types say has to be what its decorator says: the server goes by the latter. */
function kindOf(
  reading: Reading,
  said: MethodKind,
  parameters: readonly Parameter[],
  result: Shape,
  place: Place,
): MethodKind {
  const takes = parameters.some(
    ({ shape, rest }) => streams(shape) || (rest && shape.kind === "array" && streams(shape.element)),
  );
  const gives = streams(result);
  const real: MethodKind = takes ? (gives ? "duplex" : "client") : gives ? "server" : "unary";
  if (result.kind === "union" && gives) {
    reading.refuse(place, "it returns a stream or something else", "let it always return a stream");
  } else if (real !== said) {
    const [reason, fix] =
      real === "unary"
        ? [
            `it says stream: "${said}", and nothing in its types streams`,
            "leave `stream` out, or declare an AsyncIterable",
          ]
        : [
            `it streams ${words[real]}, and ${said === "unary" ? "does not say so" : `says stream: "${said}"`}`,
            `write @Method({ stream: "${real}" })`,
          ];
    reading.refuse(place, reason, fix);
  }
  return real;
}

const words = { server: "its result", client: "an argument", duplex: "its result and an argument", unary: "nothing" };

/** The comment nearest to the class: an override without one has its parent's. */
function docsFor(name: string, chain: readonly ts.ClassLikeDeclaration[]): readonly string[] {
  for (const each of [...chain].reverse()) {
    for (const member of each.members) {
      if (member.name === undefined || !("text" in member.name) || member.name.text !== name) continue;
      const docs = docsOf(member);
      if (docs.length > 0) return docs;
    }
  }
  return [];
}
