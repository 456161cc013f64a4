import type { Contracts } from "@rpc/core";
import { compareServices } from "./compare/compare-contracts.js";
import type { Contract } from "./contract.js";
import { methodHashes } from "./hash/hashes-of.js";
import { methodOf } from "./method-of.js";
import { readContract, readService } from "./read/read-contract.js";
import type { ServedNames } from "./served-names.js";

/**
 * Returns what the option `contract` of `serve` and `connect` takes. A service's hashes are reckoned when they are first
 * asked for, once. Throws `invalid_argument` / `BAD_CONTRACT` where it is no contract.
 */
export function contracts(contract: Contract, { names = {} }: ServedNames = {}): Contracts {
  const { services } = readContract(contract);
  const known = new Map(Object.entries(services));
  for (const [served, name] of Object.entries(names)) {
    const found = known.get(name);
    if (found !== undefined) known.set(served, found);
  }
  const hashes = new Map<string, ReadonlyMap<string, string>>();
  const hashesIn = (service: string): ReadonlyMap<string, string> | undefined => {
    const found = known.get(service);
    if (found === undefined || hashes.has(service)) return hashes.get(service);
    const made = new Map(Object.entries(methodHashes(found)));
    hashes.set(service, made);
    return made;
  };
  return Object.freeze({
    services: Object.freeze(Object.keys(services)),
    describe: (service) => known.get(service),
    hashOf(service, method) {
      const found = known.get(service);
      const name = found && methodOf(found, method)?.name;
      return name === undefined ? undefined : hashesIn(service)?.get(name);
    },
    breaking(service, theirs) {
      const ours = known.get(service);
      if (ours === undefined) return [];
      return compareServices(service, ours, readService(theirs))
        .filter(({ breaking }) => breaking)
        .flatMap(({ method, what }) => (method === undefined ? [] : [{ method, what }]));
    },
  } satisfies Contracts);
}
