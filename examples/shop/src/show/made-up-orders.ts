import type { Sent } from "./ledger.js";

const customers = ["Ada", "Alan", "Barbara", "Dennis", "Edsger", "Grace", "Leslie"];
const products = ["apple", "bread", "cheese", "coffee", "honey", "olives"];

/** Returns the n-th order, from 1: always the same, with one to three lines of 1 to 15 pieces. */
export function madeUpOrder(n: number): Sent {
  const lines = Array.from({ length: 1 + (n % 3) }, (_, line) => ({
    product: products[(n + line) % products.length]!,
    quantity: 1 + ((7 * n + line) % 15),
  }));
  return { orderId: `order-${String(n).padStart(6, "0")}`, customer: customers[n % customers.length]!, lines };
}
