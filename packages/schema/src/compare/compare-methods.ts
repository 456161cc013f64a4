import type { MethodContract, ParameterContract, Schema } from "../contract.js";
import { type Type, takesUndefined } from "../types/alternatives.js";
import { fitting } from "../types/fits.js";
import { typeComparison } from "./compare-types.js";
import type { Note } from "./difference.js";

/** A method, with what makes types of its service's schemas. */
export interface Side {
  readonly method: MethodContract;
  readonly typeOf: (schema: Schema) => Type;
}

/** Notes what has changed in a method that both sides have. */
export function compareMethods(before: Side, after: Side, note: Note): void {
  options(before.method, after.method, note);
  if (before.method.kind !== after.method.kind) {
    note(true, "", `it was ${inWords[before.method.kind]}, and is ${inWords[after.method.kind]} now`);
    return;
  }
  const fits = fitting();
  parameters(before, after, note, typeComparison(fits, "argument", note));
  const { kind } = before.method;
  const path = kind === "server" || kind === "duplex" ? "result[]" : "result";
  const compare = typeComparison(fits, "result", note);
  compare(before.typeOf(before.method.result), after.typeOf(after.method.result), path);
}

const inWords = {
  unary: "a call with one answer",
  server: "one whose result streams",
  client: "one whose arguments stream",
  duplex: "one that streams both ways",
} as const;

function options(before: MethodContract, after: MethodContract, note: Note): void {
  if (before.idempotent === true && after.idempotent !== true)
    note(true, "", "it is no longer idempotent: calls that may have run are not tried again");
  if (before.idempotent !== true && after.idempotent === true) note(false, "", "it is idempotent now");
  const spans = [before.timeoutMs, after.timeoutMs].map((ms) => (ms === undefined ? "the client's own" : `${ms} ms`));
  if (spans[0] !== spans[1]) note(false, "", `its timeout was ${spans[0]}, and is ${spans[1]} now`);
  const modes = [before.failMode, after.failMode].map((mode) => mode ?? "the client's own");
  if (modes[0] !== modes[1]) note(false, "", `its fail mode was ${modes[0]}, and is ${modes[1]} now`);
}

function parameters(
  before: Side,
  after: Side,
  note: Note,
  compare: (before: Type, after: Type, path: string) => void,
): void {
  const count = Math.max(before.method.parameters.length, after.method.parameters.length);
  for (let index = 0; index < count; index++) {
    const old = parameterAt(before.method, index);
    const now = parameterAt(after.method, index);
    if (old !== undefined && now !== undefined) {
      const path = pathOf(old);
      const types = [before.typeOf(old.schema), after.typeOf(now.schema)] as const;
      const spared = [mayBeMissing(old, types[0]), mayBeMissing(now, types[1])] as const;
      if (old.name !== now.name) note(false, path, `${path} is called ${now.name} now`);
      if (old.stream !== now.stream)
        note(true, path, old.stream ? `${path} is no stream any more` : `${path} is a stream of items now`);
      if (spared[0] && !spared[1]) note(true, path, `${path} has to be given now`);
      if (!spared[0] && spared[1]) note(false, path, `${path} may be left out now`);
      if (old.rest && !now.rest) note(true, path, `${path} takes one argument now, and took any number`);
      if (!old.rest && now.rest) note(false, path, `${path} takes any number of arguments now`);
      if (old.stream || now.stream) compare(...types, path);
      else compare(present(types[0]), present(types[1]), path);
    } else if (old !== undefined) note(true, pathOf(old), `${pathOf(old)} is gone, and calls that give it are refused`);
    else if (now !== undefined && mayBeMissing(now, after.typeOf(now.schema)))
      note(false, pathOf(now), `${pathOf(now)} is new, and may be given`);
    else if (now !== undefined) note(true, pathOf(now), `${pathOf(now)} is new, and has to be given`);
  }
}

/** What stands at a place of the argument list: the rest parameter at all further ones. */
function parameterAt({ parameters }: MethodContract, index: number): ParameterContract | undefined {
  const last = parameters.at(-1);
  return parameters[index] ?? (last?.rest ? last : undefined);
}

function pathOf({ name, rest, stream }: ParameterContract): string {
  return rest || stream ? `${name}[]` : name;
}

function mayBeMissing({ optional, rest, stream }: ParameterContract, type: Type): boolean {
  return optional === true || rest === true || (stream !== true && takesUndefined(type));
}

/** That an argument may be left out is told by itself. */
function present(type: Type): Type {
  return () => type().filter((one) => !(one.is === "scalar" && one.name === "undefined"));
}
