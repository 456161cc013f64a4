import { Method, Service } from "@rpc/decorators";

@Service("Prices")
export class Prices {
  readonly #version: string;

  constructor(version = "1") {
    this.#version = version;
  }

  @Method({ idempotent: true })
  of(product: string): string {
    return `${product}: 300, says version ${this.#version}`;
  }
}
