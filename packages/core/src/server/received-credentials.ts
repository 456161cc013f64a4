import type { Credentials } from "../contract/identity.js";

/** The bytes stand in a private field, so that no inspection, log or JSON of this object shows them. */
export class ReceivedCredentials implements Credentials {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get text(): string {
    return Buffer.from(this.#bytes).toString();
  }
}
