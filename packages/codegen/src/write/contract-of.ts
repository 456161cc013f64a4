import type { Contract, ErrorContract, MethodContract, ParameterContract, Schema, ServiceContract } from "@rpc/schema";
import type { ErrorModel, MethodModel, ServiceModel } from "../model.js";
import { summaryOf } from "../read/docs.js";
import type { Parameter, Shape } from "../shape.js";
import { signatureText } from "./client-file.js";
import { namedSchema, schemaOf } from "./schema-of.js";

/** Returns what services promise their callers, in order of their names. */
export function contractOf(services: readonly ServiceModel[]): Contract {
  return {
    format: 1,
    services: Object.fromEntries(byName(services).map((service) => [service.name, serviceContract(service)])),
  };
}

function serviceContract({ docs, methods, types, errors }: ServiceModel): ServiceContract {
  return {
    ...description(docs),
    methods: Object.fromEntries(methods.map((method) => [method.name, methodContract(method)])),
    types: Object.fromEntries(byName(types).map((type) => [type.name, namedSchema(type)])),
    ...(errors.length === 0 ? {} : { errors: errors.map(errorContract) }),
  };
}

function methodContract(method: MethodModel): MethodContract {
  const { docs, kind, parameters, result } = method;
  const { key: _key, ...options } = method.options;
  return {
    ...description(docs),
    signature: signatureText(method),
    kind,
    ...options,
    parameters: parameters.map(parameterContract),
    result: schemaOf(result),
  };
}

function parameterContract({ name, shape, optional, rest }: Parameter): ParameterContract {
  const stream = streamed(shape);
  return {
    name,
    schema: rest ? restSchema(shape) : stream === undefined ? schemaOf(shape) : stream,
    ...(optional ? { optional } : {}),
    ...(rest ? { rest } : {}),
    ...(stream === undefined ? {} : { stream: true as const }),
  };
}

/** The schema of the items of a parameter that streams; any where it may also be something else. */
function streamed(shape: Shape): Schema | undefined {
  if (shape.kind === "stream") return schemaOf(shape.items);
  const among = shape.kind === "union" && shape.of.some((each) => each.kind === "stream");
  return among ? { tsType: "any" } : undefined;
}

/** Of each of the arguments that a rest parameter takes. */
function restSchema(shape: Shape): Schema {
  if (shape.kind === "array") return schemaOf(shape.element);
  if (shape.kind !== "tuple") return { tsType: "any" };
  return schemaOf({
    kind: "union",
    of: shape.elements.map(({ shape: each, rest }) => (rest && each.kind === "array" ? each.element : each)),
  });
}

function errorContract({ name, reason, code, docs, details }: ErrorModel): ErrorContract {
  return { name, reason, code, ...description(docs), ...(details === undefined ? {} : { details: schemaOf(details) }) };
}

function description(docs: readonly string[]): { description?: string } {
  const text = summaryOf(docs);
  return text === undefined ? {} : { description: text };
}

function byName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
