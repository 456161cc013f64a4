import type { Contracts } from "../contract/contracts.js";
import type { Method } from "../contract/method.js";

/**
 * Returns a method's schema hash: what the contract says, else what its descriptor has; undefined where neither knows it. A
 * contract that fails to say is no reason not to serve.
 */
export function schemaHashOf(method: Method, contract: Contracts | undefined): string | undefined {
  let said: string | undefined;
  try {
    said = contract?.hashOf(method.service, method.name);
  } catch {
    // Types too deep to be hashed: nothing is known of them.
  }
  return typeof said === "string" && /^[0-9a-f]{16}$/.test(said) ? said : method.schemaHash;
}
