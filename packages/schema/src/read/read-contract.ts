import { Code, type FailMode, type MethodKind } from "@rpc/core";
import type { Contract, ServiceContract } from "../contract.js";
import { at, badContract, elements, fields, oneOf, type Place, text, unexpected } from "./place.js";
import { checkSchema } from "./read-schema.js";

const kinds: readonly MethodKind[] = ["unary", "server", "client", "duplex"];
const failModes: readonly FailMode[] = ["failover", "failfast", "failtry", "failbackup"];
const codes = Object.keys(Code);

/**
 * Returns a contract that was read from JSON, after a look at all of it. Throws `invalid_argument` / `BAD_CONTRACT` naming
 * the path and what was expected there.
 */
export function readContract(json: unknown): Contract {
  const whole: Place = { path: "", value: json };
  fields(whole, ["format", "services"]);
  const format = at(whole, "format");
  if (format.value !== 1) throw unexpected(format, "1: write it again with the `rpc generate` of this version");
  for (const [, service] of fields(at(whole, "services"))) checkService(service);
  return json as Contract;
}

/** Returns the contract of one service, as a peer sent it. Throws as `readContract`. */
export function readService(json: unknown): ServiceContract {
  checkService({ path: "", value: json });
  return json as ServiceContract;
}

function checkService(place: Place): void {
  fields(place, ["description", "methods", "types", "errors"]);
  text(at(place, "description"), true);
  const named = fields(at(place, "types"));
  const types = new Set(named.map(([name]) => name));
  for (const [, schema] of named) checkSchema(schema, types);
  for (const [, method] of fields(at(place, "methods"))) checkMethod(method, types);
  const errors = at(place, "errors");
  if (errors.value !== undefined) for (const error of elements(errors)) checkError(error, types);
}

const methodFields = "description signature kind idempotent timeoutMs alias failMode parameters result".split(" ");

function checkMethod(place: Place, types: ReadonlySet<string>): void {
  fields(place, methodFields);
  text(at(place, "description"), true);
  text(at(place, "signature"));
  oneOf(at(place, "kind"), kinds);
  oneOf(at(place, "idempotent"), [true, false], true);
  oneOf(at(place, "failMode"), failModes, true);
  const timeout = at(place, "timeoutMs");
  if (timeout.value !== undefined && !(typeof timeout.value === "number" && timeout.value > 0))
    throw unexpected(timeout, "a number of milliseconds above 0");
  const alias = at(place, "alias");
  if (alias.value !== undefined) for (const name of elements(alias)) text(name);
  checkSchema(at(place, "result"), types);
  const parameters = elements(at(place, "parameters"));
  for (const [index, parameter] of parameters.entries()) {
    checkParameter(parameter, types);
    if (at(parameter, "rest").value === true && index < parameters.length - 1)
      throw badContract(`${at(parameter, "rest").path}: only the last parameter takes the rest`);
  }
}

function checkParameter(place: Place, types: ReadonlySet<string>): void {
  fields(place, ["name", "schema", "optional", "rest", "stream"]);
  text(at(place, "name"));
  checkSchema(at(place, "schema"), types);
  for (const flag of ["optional", "rest", "stream"]) oneOf(at(place, flag), [true], true);
}

function checkError(place: Place, types: ReadonlySet<string>): void {
  fields(place, ["name", "reason", "code", "description", "details"]);
  text(at(place, "name"));
  text(at(place, "reason"));
  oneOf(at(place, "code"), codes);
  text(at(place, "description"), true);
  const details = at(place, "details");
  if (details.value !== undefined) checkSchema(details, types);
}
