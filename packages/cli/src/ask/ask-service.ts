import type { Endpoint, MethodKind, ReflectedMethod } from "@rpc/core";
import type { MethodContract, ServiceContract } from "@rpc/schema";
import { CliError, ExitCode } from "../cli-error.js";
import { didYouMean } from "../did-you-mean.js";
import { failure, isCallError } from "../failure.js";
import type { Target } from "../target/open-target.js";

/** A service, as one of its instances describes it. */
export interface AskedService {
  readonly name: string;
  readonly instances: readonly Endpoint[];
  /** Who was asked. */
  readonly asked: Endpoint;
  /** Undefined where its server does not tell (`reflection: false`, or `authorize`): then why. */
  readonly methods: readonly ReflectedMethod[] | undefined;
  readonly silence: string | undefined;
  /** Undefined where the server was given none. */
  readonly contract: ServiceContract | undefined;
}

/** How many instances are asked, where those before cannot be reached. */
const mostAsked = 3;

/**
 * Asks an instance of a service, `only` that one where it is named, what the service is. Rejects with a `CliError` where
 * nobody serves it, and says who may have been meant.
 */
export async function askService(target: Target, name: string, only?: string): Promise<AskedService> {
  const { ReflectionService: reflection } = await import("@rpc/core");
  const instances = await instancesOf(target, name, only);
  const order = instances.filter(({ inactive }) => !inactive || only !== undefined).slice(0, mostAsked);
  let failed: unknown;
  for (const asked of order) {
    const told = target.ask(asked);
    if (name === reflection.name)
      return { name, instances, asked, methods: reflection.methods, silence: undefined, contract: undefined };
    try {
      const [services, contract] = await Promise.all([told.services(), told.contract(name)]);
      const known = services.find((service) => service.name === name);
      if (known !== undefined) {
        const { methods, aliasOf } = known;
        const own = contract === null && aliasOf !== undefined ? await told.contract(aliasOf) : contract;
        return { name, instances, asked, methods, silence: undefined, contract: await contractOf(own) };
      }
      // A bare function answers whatever is called, and cannot say what that is.
      if (services.length > 0)
        throw noService(
          name,
          target,
          services.map((each) => each.name),
        );
      return silent(name, instances, asked, "it does not know its services: serve({ invoke })");
    } catch (error) {
      if (isCallError(error) && doesNotTell(error)) return silent(name, instances, asked, error.message);
      failed = error;
      if (!isCallError(error) || error.processed !== "no") break;
    }
  }
  throw failure(`asking what ${name} is`, failed ?? new CliError(`all instances of ${name} are inactive`, ExitCode.no));
}

function doesNotTell({ code, reason }: { readonly code: string; readonly reason: string }): boolean {
  return reason === "NO_SERVICE" || code === "permission_denied";
}

function silent(name: string, instances: readonly Endpoint[], asked: Endpoint, silence: string): AskedService {
  return { name, instances, asked, methods: undefined, silence, contract: undefined };
}

async function instancesOf(target: Target, name: string, only: string | undefined): Promise<readonly Endpoint[]> {
  const instances = await target.instances(name);
  if (instances.length === 0) throw noService(name, target, await target.services());
  if (only === undefined) return instances;
  const found = instances.filter(({ id }) => id === only);
  if (found.length > 0) return found;
  const ids = instances.map(({ id }) => id).join(", ");
  throw new CliError(`${name} has no instance ${only} at ${target.name}; it has ${ids}`, ExitCode.no);
}

function noService(name: string, target: Target, known: readonly string[]): CliError {
  return new CliError(`nobody serves ${name} at ${target.name}${didYouMean(name, known)}`, ExitCode.no);
}

/** Returns the method of that name, or says who may have been meant. */
export function methodOf(service: AskedService, method: string, kind: MethodKind | undefined): ReflectedMethod {
  const { methods, name } = service;
  if (methods === undefined) return { name: method, kind: kind ?? "unary", idempotent: false };
  const found = methods.find((each) => each.name === method);
  if (found !== undefined) return found;
  const names = methods.map((each) => each.name);
  throw new CliError(
    `${name} has no method ${method}${didYouMean(method, names) || `; it has ${names.join(", ")}`}`,
    ExitCode.no,
  );
}

/** Returns what the contract says of a method, by its own name or by another one. */
export function methodContract({ contract }: AskedService, method: string): MethodContract | undefined {
  if (contract === undefined) return undefined;
  if (Object.hasOwn(contract.methods, method)) return contract.methods[method];
  return Object.values(contract.methods).find(({ alias }) => alias?.includes(method));
}

/** What a server tells is not to be trusted: it is read as any other contract. One of a later shape counts as none. */
async function contractOf(told: unknown): Promise<ServiceContract | undefined> {
  if (told === null || told === undefined) return undefined;
  const { readContract } = await import("@rpc/schema");
  try {
    return Object.values(readContract({ format: 1, services: { told } }).services)[0];
  } catch {
    return undefined;
  }
}
