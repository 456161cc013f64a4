import type { Contract, ServiceContract } from "../contract.js";
import { typesOf } from "../types/alternatives.js";
import { schemaHashes } from "./schema-hash.js";

/** Returns the schema hash of each method, by service and by method: what `schemaHash` of a generated descriptor is. */
export function hashesOf(contract: Contract): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return Object.fromEntries(Object.entries(contract.services).map(([name, service]) => [name, methodHashes(service)]));
}

/** Returns the schema hash of each method of one service. */
export function methodHashes(service: ServiceContract): Readonly<Record<string, string>> {
  const hashOf = schemaHashes(typesOf(service.types));
  return Object.fromEntries(Object.entries(service.methods).map(([name, method]) => [name, hashOf(method)]));
}
