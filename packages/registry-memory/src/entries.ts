import type { Endpoint, NodeState } from "@rpc/core";
import { storedState } from "@rpc/core/discovery";

/**
 * Returns a frozen endpoint with copies of an entry's fields, so that nobody can change it for others. Throws a
 * TypeError if its weight cannot be reckoned with.
 */
export function endpointOf({ id, address, weight, tags, inactive }: Endpoint): Endpoint {
  checkWeight(weight, id);
  return Object.freeze({ id, address, weight, tags: Object.freeze({ ...tags }), inactive });
}

/** Returns the endpoint as a patch changes it: a field that the patch has replaces the endpoint's, tags as a whole. */
export function patched(endpoint: Endpoint, patch: NodeState): Endpoint {
  return endpointOf({ ...endpoint, ...storedState(endpoint, patch) });
}

function checkWeight(weight: number, id: string): void {
  if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new TypeError(
      `the weight of instance ${JSON.stringify(id)} must be a finite number from 0 up, not ${weight}`,
    );
  }
}
