import type { Client } from "@rpc/core";
import { createApp, InjectClient } from "@rpc/decorators";
import { injectable } from "inversify";
import { Arith } from "./arith.js";

@injectable()
class Checkout {
  constructor(@InjectClient(Arith) private readonly arith: Client<Arith>) {}

  total(a: number, b: number): Promise<number> {
    return this.arith.add(a, b);
  }
}

const app = await createApp({ clients: [Checkout] });
console.log(`2 + 3 = ${await app.get(Checkout).total(2, 3)}`);
await app.stop();
