import { Method, Service } from "@rpc/decorators";

@Service("Arith")
export class Arith {
  @Method({ idempotent: true })
  add(a: number, b: number): number {
    return a + b;
  }
}
