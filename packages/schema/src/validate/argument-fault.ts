import type { MethodContract, Schema } from "../contract.js";
import { orUndefined, type Type } from "../types/alternatives.js";
import { type Fault, faultIn } from "./explain.js";

/** Returns the first fault of an argument list; undefined where it has none. What streams is left out. */
export function argumentFault(
  input: readonly unknown[],
  { parameters }: MethodContract,
  typeOf: (schema: Schema) => Type,
): Fault | undefined {
  const last = parameters.at(-1);
  if (last?.rest !== true && input.length > parameters.length) {
    const most = parameters.length === 1 ? "1 argument" : `${parameters.length} arguments`;
    return {
      path: "the arguments",
      expected: parameters.length === 0 ? "none" : `${most} at most`,
      got: String(input.length),
    };
  }
  for (let index = 0; index < Math.max(input.length, parameters.length); index++) {
    const parameter = parameters[index] ?? last!;
    const { name, schema, optional, rest, stream } = parameter;
    if (stream === true || (rest === true && index >= input.length)) continue;
    const type = typeOf(schema);
    const path = rest === true ? `${name}[${index - parameters.length + 1}]` : name;
    const fault = faultIn(input[index], optional === true || rest === true ? orUndefined(type) : type, path);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
