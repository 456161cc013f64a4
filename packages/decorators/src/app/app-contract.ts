import type { Contracts, Interceptor, MethodKind } from "@rpc/core";
import type { Contract, MethodContract, ServiceContract } from "@rpc/schema";
import { nameOf } from "../notes/class-ref.js";
import { serviceName } from "../notes/service.js";
import type { ServiceToServe } from "../service/services-to-serve.js";
import { startUpError } from "../start-up-error.js";

/** What an app makes of its contract. */
export interface AppContract {
  readonly contracts: Contracts;
  /** Checks arguments; undefined where that is switched off, or nothing that is served is in the contract. */
  readonly check: Interceptor | undefined;
  /** Names of what is served and in the contract, and of what is not. */
  readonly covered: readonly string[];
  readonly uncovered: readonly string[];
}

/**
 * Returns what an app makes of its contract: a value of JSON, or what `contracts` of `@rpc/schema` returned. Throws `invalid_argument` /
 * `BAD_CONTRACT` where it is none, and where it does not fit what is served: it was written from other classes then.
 */
export async function createAppContract(
  given: Contract | Contracts,
  served: readonly ServiceToServe[],
  validate: boolean,
): Promise<AppContract> {
  const { contracts, validating } = await import("@rpc/schema");
  const contract = isContracts(given) ? jsonOf(given) : given;
  const known = contracts(contract);
  const names: Record<string, string> = {};
  const covered: string[] = [];
  const uncovered: string[] = [];
  for (const service of served) {
    const { descriptor } = service;
    const own = service.service === undefined ? descriptor.name : serviceName(service.service);
    const name = [descriptor.name, own].find((name) => known.services.includes(name));
    if (name === undefined) {
      uncovered.push(descriptor.name);
      continue;
    }
    refuseMisfit(service, name, contract.services[name]!);
    covered.push(descriptor.name);
    for (const other of [descriptor.name, ...(descriptor.aliases ?? [])]) names[other] = name;
  }
  return {
    contracts: contracts(contract, { names }),
    check: validate && covered.length > 0 ? validating(contract, { names }) : undefined,
    covered,
    uncovered,
  };
}

function isContracts(given: Contract | Contracts): given is Contracts {
  return "describe" in given && typeof given.describe === "function";
}

function jsonOf(given: Contracts): Contract {
  const services = given.services.map((name) => [name, given.describe(name) as ServiceContract] as const);
  return { format: 1, services: Object.fromEntries(services) };
}

function refuseMisfit(service: ServiceToServe, name: string, { methods }: ServiceContract): void {
  const { descriptor } = service;
  const own =
    service.service === undefined ? `the binding of ${descriptor.name}` : `the class ${nameOf(service.service)}`;
  const missing = Object.keys(methods).find((method) => descriptor.methods.every(({ name }) => name !== method));
  if (missing !== undefined) throw misfit(`it has ${name}.${missing}, and ${own} offers no such method`);
  for (const { name: method, kind } of descriptor.methods) {
    const promised: MethodContract | undefined = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (promised === undefined) throw misfit(`it has no ${name}.${method}, which ${own} offers`);
    if (promised.kind !== kind)
      throw misfit(`${name}.${method} ${inWords[promised.kind]} in it, and ${inWords[kind]} in ${own}`);
  }
}

const inWords: Readonly<Record<MethodKind, string>> = {
  unary: "streams nothing",
  server: "streams its result",
  client: "streams arguments",
  duplex: "streams both ways",
};

function misfit(what: string): Error {
  return startUpError(
    "BAD_CONTRACT",
    `createApp: the contract does not fit what is served: ${what}: write it again with \`rpc generate\``,
  );
}
