import type { ServiceDescriptor } from "@rpc/core";
import { type Class, nameOf } from "../notes/class-ref.js";
import { methodNotes } from "../notes/method.js";
import { originOf } from "../service/service-of.js";
import type { ClassValidation } from "./class-validation.js";
import { isItems, mapItems } from "./map-items.js";
import type { Mapper } from "./mapper.js";
import type { Mappers } from "./mappers.js";
import { classesOf, refuseStripped, refuseUnmakeable } from "./method-classes.js";
import { knowsClasses, type Transformer } from "./transformer.js";

/** What happens to the arguments and the answer of a method at either end. */
export interface MethodMapping {
  /** Server: instances for the arguments that have a class. Changes the list it is given. */
  readonly receive: (input: unknown[]) => unknown[];
  /** Server: plain data for the answer. */
  readonly answer: (output: unknown) => unknown;
  /** Client: plain data for the arguments. */
  readonly send: (input: readonly unknown[]) => unknown[];
  /** Client: instances for the answer where its class is named; undefined where it stays plain. */
  readonly accept: ((output: unknown) => unknown) | undefined;
}

/** By `Method.index`. */
export type ServiceMappings = readonly MethodMapping[];

/**
 * Returns what happens to the calls of a service, or undefined where nothing does: not made from a class, or no class
 * that class-transformer knows and none named. `atServer`: also refuses methods whose types the build tool removed, and classes that cannot be made;
 * checks arguments by `validation`, where there is one.
 */
export function mappingsOf(
  descriptor: ServiceDescriptor,
  transformer: Transformer,
  mappers: Mappers,
  atServer: boolean,
  validation: ClassValidation | undefined,
): ServiceMappings | undefined {
  const service = originOf(descriptor);
  if (service === undefined) return undefined;
  const notes = methodNotes(service);
  const areClasses = knowsClasses(transformer) || validation?.knowsAny === true;
  const classes = descriptor.methods.map(({ name }) => {
    const note = notes.get(name)!;
    const isValidated = (type: Class): boolean => validation?.knows(type) === true;
    const found = classesOf(transformer, service, name, note, isValidated);
    if (atServer) {
      refuseStripped(areClasses, service, name, note);
      refuseUnmakeable(`${nameOf(service)}.${name}`, found);
    }
    return found;
  });
  const named = classes.some(({ input, output }) => output !== undefined || input.some((type) => type !== undefined));
  if (!named && !knowsClasses(transformer)) return undefined;
  return classes.map(({ input, output }, index) => {
    const where = `${descriptor.name}.${descriptor.methods[index]!.name}`;
    const checks = input.map((type, at) =>
      type !== undefined && validation?.knows(type) ? validation.checkOf(type, where, `arguments[${at}]`) : undefined,
    );
    return mappingOf(input, output, mappers, checks);
  });
}

function mappingOf(
  input: readonly (Class | undefined)[],
  output: Class | undefined,
  mappers: Mappers,
  checks: readonly (Mapping | undefined)[],
): MethodMapping {
  const incoming = input.map((type, index) => {
    if (type === undefined) return undefined;
    const { toInstance } = mappers.of(type);
    const check = checks[index];
    return mapped(check === undefined ? toInstance : (value) => check(toInstance(value)));
  });
  const outgoing = input.map((type) => mapped(plainBy(type, mappers)));
  const accept = output === undefined ? undefined : mapped(mappers.of(output).toInstance);
  const anything = mapped((value) => mappers.plain(value, []));
  return {
    receive: (values) => {
      for (let index = 0; index < incoming.length && index < values.length; index++) {
        const toInstance = incoming[index];
        if (toInstance !== undefined) values[index] = toInstance(values[index]);
      }
      return values;
    },
    answer: mapped(plainBy(output, mappers)),
    send: (values) => values.map((value, index) => (outgoing[index] ?? anything)(value)),
    accept,
  };
}

type Mapping = (value: unknown) => unknown;

/** What is done to a value is done to the items of a stream. */
function mapped(map: Mapping): Mapping {
  return (value) => (isItems(value) ? mapItems(value, map) : map(value));
}

/**
 * Returns what makes plain data of a value that is said to be of a class. An instance of it, or of a subclass, goes by
 * the rules of its own class; anything else, such as a row from a database, by the rules of the class that was named.
 */
function plainBy(type: Class | undefined, { of, plain }: Mappers): (value: unknown) => unknown {
  if (type === undefined) return (value) => plain(value, []);
  const mapper: Mapper = of(type);
  return function each(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(each);
    const own: unknown = value instanceof type ? Object.getPrototypeOf(value).constructor : type;
    return (own === type ? mapper : of(own as Class)).toPlain(value, []);
  };
}
