import { defineService } from "@rpc/core";

export interface Arith {
  add(a: number, b: number): number;
  /** Takes a while. */
  factor(n: number): Promise<number[]>;
}

export const ArithService = defineService<Arith>("Arith", { add: { idempotent: true }, factor: {} });
