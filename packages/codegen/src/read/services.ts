import { ts } from "ts-morph";
import type { ServiceModel } from "../model.js";
import { constantOf, entriesOf } from "./constants.js";
import { createReading } from "./create-reading.js";
import { type Note, noteOf } from "./decorators.js";
import { docsOf } from "./docs.js";
import { errorsOf } from "./errors.js";
import { askCore } from "./method-options.js";
import { methodsOf, parentsOf } from "./methods.js";
import { identifier } from "./names.js";
import type { Place, World } from "./reading.js";

/** Returns the services of a source file, in its order. `source` is how people call the file. */
export function servicesIn(world: World, file: ts.SourceFile, source: string): ServiceModel[] {
  const found: ServiceModel[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      const note = noteOf(world.checker, node, "Service");
      const model = note === undefined ? undefined : serviceOf(world, node, note, source);
      if (model !== undefined) found.push(model);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function serviceOf(
  world: World,
  declaration: ts.ClassLikeDeclaration,
  note: Note,
  source: string,
): ServiceModel | undefined {
  const ownName = declaration.name?.text ?? "";
  const place = { node: declaration.name ?? declaration, subject: ownName || "a class without a name" };
  const name = nameOf(world, note, ownName, place);
  if (name === undefined) return undefined;
  const type = typeOf(world.checker, declaration);
  if (declaration.typeParameters !== undefined) {
    world.refuse(
      place,
      "a service's class cannot be generic",
      "put @Service on a class that extends it with types: class Orders extends Store<Order>",
    );
    return undefined;
  }
  const reading = createReading(world);
  const interfaceName = reading.names.take(identifier(ownName === "" ? name : ownName));
  const alone = /Service$/.test(interfaceName);
  const descriptorName = alone ? interfaceName : reading.names.take(`${interfaceName}Service`);
  const methods = methodsOf(reading, declaration, type, place.subject);
  if (methods.length === 0 && !hasNotes(world, declaration)) {
    world.refuse(place, "it has @Service but no @Method", "put @Method() on what may be called");
  }
  askCore(world, place, name, {});
  const parents = parentsOf(world.checker, type);
  const blind = parents.find((each) => each.getSourceFile().isDeclarationFile);
  if (blind !== undefined) {
    const what = `its parent ${blind.name?.text ?? "class"} is known only by its declaration, which shows no decorators: methods offered there are left out`;
    world.warn(place, what);
  }
  const errors = errorsOf(reading, [declaration, ...parents]);
  const types = [...reading.named.values()];
  const { line } = declaration.getSourceFile().getLineAndCharacterOfPosition(place.node.getStart());
  return {
    name,
    interfaceName,
    descriptorName,
    source,
    line: line + 1,
    docs: docsOf(declaration),
    methods,
    errors,
    types,
  };
}

function typeOf(checker: ts.TypeChecker, declaration: ts.ClassLikeDeclaration): ts.InterfaceType {
  const { symbol } = declaration as unknown as { symbol: ts.Symbol }; // internal, and the only way to a class without a name
  return checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
}

function nameOf(world: World, { argument, node }: Note, ownName: string, place: Place): string | undefined {
  const here = { ...place, node };
  if (!ts.isCallExpression(node.expression)) {
    world.refuse(here, "@Service stands without parentheses", 'write @Service() or @Service("Name")');
    return undefined;
  }
  const entries = argument && entriesOf(world.checker, argument);
  const written = entries === undefined ? argument : entries.get("name");
  if (written === undefined) {
    if (ownName === "") world.refuse(here, "a class without a name is no service", 'write @Service("Name")');
    return ownName === "" ? undefined : ownName;
  }
  const name = constantOf(world.checker, written)?.value;
  if (typeof name === "string") return name;
  world.refuse(
    { ...here, node: written },
    "its service's name is known only when the program runs",
    "write a constant",
  );
  return undefined;
}

function hasNotes({ checker }: World, declaration: ts.ClassLikeDeclaration): boolean {
  return declaration.members.some((member) => noteOf(checker, member, "Method") !== undefined);
}
