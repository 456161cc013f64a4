import { RpcError } from "@rpc/core";

/** Both sides know this class. What travels is its code, its reason, its message and its details. */
export class OutOfStock extends RpcError {
  static override readonly reason = "OUT_OF_STOCK";
  declare readonly details: { readonly sku: string; readonly left: number };

  constructor(sku: string, left: number) {
    super("failed_precondition", `only ${left} of ${sku} are left`, { details: { sku, left } });
  }
}
