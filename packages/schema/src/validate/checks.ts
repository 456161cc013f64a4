import { Ajv2020 } from "ajv/dist/2020.js";
import type { MethodContract, ServiceContract } from "../contract.js";
import { typesOf } from "../types/alternatives.js";
import { argumentFault } from "./argument-fault.js";
import { type Fault, faultIn } from "./explain.js";
import { addKeywords } from "./keywords.js";
import { argumentsSchema, convert, typesSchema } from "./to-ajv.js";

const inheritedName =
  /"(?:constructor|toString|valueOf|toLocaleString|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|__\w+)":/;

/** What is looked at of one method's calls. */
export interface Checks {
  /** Returns what is wrong with an argument list; undefined: nothing. */
  input(input: readonly unknown[]): Fault | undefined;
  /** By the place of each parameter that streams: returns what is wrong with an item. */
  readonly items: ReadonlyMap<number, (item: unknown) => Fault | undefined>;
}

/** Returns what makes the checks of a service's methods: each is compiled when it is asked for. */
export function checksOf(service: ServiceContract): (method: MethodContract) => Checks {
  const { types } = service;
  const typeOf = typesOf(types);
  const ajv = new Ajv2020({
    strict: false, // NaN and infinities are numbers; what a schema may hold was checked when it was read
    validateSchema: false,
    messages: false,
    // Fields named as those that every object inherits are looked for in the object itself.
    ownProperties: inheritedName.test(JSON.stringify(service)),
  });
  addKeywords(ajv);
  ajv.addSchema(typesSchema(types, typeOf));
  return (method) => {
    const fits = ajv.compile(argumentsSchema(method, typeOf));
    const items = new Map<number, (item: unknown) => Fault | undefined>();
    for (const [index, { name, schema, stream }] of method.parameters.entries()) {
      if (stream !== true) continue;
      const itemFits = ajv.compile(convert(schema, typeOf));
      const path = `an item of ${name}`;
      items.set(index, (item) =>
        itemFits(item) ? undefined : (faultIn(item, typeOf(schema), path) ?? unknownFault(path)),
      );
    }
    return {
      input: (input) =>
        fits(input) ? undefined : (argumentFault(input, method, typeOf) ?? unknownFault("the arguments")),
      items,
    };
  };
}

/** For what `ajv` refuses and our own words do not explain. */
function unknownFault(path: string): Fault {
  return { path, expected: "what the contract declares", got: "something else" };
}
