import type { Contract, ErrorContract, ServiceContract } from "../contract.js";
import { methodHashes } from "../hash/hashes-of.js";
import { methodOf } from "../method-of.js";
import { typesOf } from "../types/alternatives.js";
import { fitting } from "../types/fits.js";
import { compareMethods } from "./compare-methods.js";
import { typeComparison } from "./compare-types.js";
import type { Difference, Note } from "./difference.js";

/**
 * Returns what has changed from one contract to another, for callers of the first: the breaking differences of a service
 * first. Both have to be read by `readContract`. Throws where types are too large to be compared.
 */
export function compareContracts(before: Contract, after: Contract): readonly Difference[] {
  const names = new Set([...Object.keys(before.services), ...Object.keys(after.services)]);
  return [...names].flatMap((service) => {
    const old = own(before.services, service);
    const now = own(after.services, service);
    if (now === undefined) return [{ breaking: true, service, path: "", what: "the service is gone" }];
    if (old === undefined) return [{ breaking: false, service, path: "", what: "the service is new" }];
    return compareServices(service, old, now);
  });
}

/** Returns what has changed in one service, the breaking differences first. */
export function compareServices(
  service: string,
  before: ServiceContract,
  after: ServiceContract,
): readonly Difference[] {
  const found: Difference[] = [];
  const noteOf =
    (method?: string): Note =>
    (breaking, path, what) =>
      found.push({ breaking, service, ...(method === undefined ? {} : { method }), path, what });
  const typeOf = { before: typesOf(before.types), after: typesOf(after.types) };
  for (const [name, method] of Object.entries(before.methods)) {
    const note = noteOf(name);
    const now = methodOf(after, name);
    if (now === undefined) note(true, "", removed(name, before, after));
    else {
      const sides = [
        { method, typeOf: typeOf.before },
        { method: now.method, typeOf: typeOf.after },
      ] as const;
      if (now.name !== name) note(false, "", `it is called ${now.name} now, and answers by its old name too`);
      compareMethods(...sides, note);
      for (const alias of method.alias ?? [])
        if (methodOf(after, alias) === undefined) note(true, "", `it does not answer by the name ${alias} any more`);
    }
  }
  for (const name of Object.keys(after.methods))
    if (own(before.methods, name) === undefined) noteOf(name)(false, "", "the method is new");
  compareErrors(before, after, noteOf());
  return [...found.filter(({ breaking }) => breaking), ...found.filter(({ breaking }) => !breaking)];
}

function removed(name: string, before: ServiceContract, after: ServiceContract): string {
  const wanted = methodHashes(before)[name];
  const hashes = methodHashes(after);
  const alike = Object.keys(hashes).filter((other) => !own(before.methods, other) && hashes[other] === wanted);
  if (alike.length !== 1) return "the method is gone";
  return `the method is gone, or renamed to ${alike[0]}: let that one have alias: "${name}"`;
}

function compareErrors(before: ServiceContract, after: ServiceContract, note: Note): void {
  const typeOf = { before: typesOf(before.types), after: typesOf(after.types) };
  const compare = typeComparison(fitting(), "result", note);
  const nothing = { tsType: "undefined" } as const;
  for (const old of before.errors ?? []) {
    const now = byReason(after, old);
    if (now === undefined) {
      note(true, "", `the error ${old.name} (${old.reason}) is gone`);
      continue;
    }
    const path = `${old.name}.details`;
    if (now.code !== old.code)
      note(true, "", `the error ${old.name} had the code ${old.code}, and has ${now.code} now`);
    if (now.name !== old.name) note(false, "", `the error ${old.name} is called ${now.name} now`);
    compare(typeOf.before(old.details ?? nothing), typeOf.after(now.details ?? nothing), path);
  }
  for (const now of after.errors ?? [])
    if (byReason(before, now) === undefined) note(false, "", `the error ${now.name} (${now.reason}) is new`);
}

function byReason({ errors = [] }: ServiceContract, { reason }: ErrorContract): ErrorContract | undefined {
  return errors.find((one) => one.reason === reason);
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
