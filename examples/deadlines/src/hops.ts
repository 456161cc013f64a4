import { setTimeout as pause } from "node:timers/promises";
import { type Client, currentCall } from "@rpc/core";
import { InjectClient, Method, Service } from "@rpc/decorators";

/** Says how much of the caller's time is left, and when nobody waits for the answer any more. */
function watch(name: string): AbortSignal {
  const { deadline, signal } = currentCall();
  console.log(`${name}: ${Math.round(deadline - performance.now())} ms left`);
  signal!.addEventListener("abort", () => console.log(`${name}: told to stop, ${signal!.reason.code}`));
  return signal!;
}

@Service("Warehouse")
export class Warehouse {
  @Method({ idempotent: true })
  async find(sku: string): Promise<string> {
    await pause(10_000, undefined, { signal: watch("Warehouse") }); // slow today
    return `${sku} is on shelf 7`;
  }
}

@Service("Catalogue")
export class Catalogue {
  constructor(@InjectClient(Warehouse) private readonly warehouse: Client<Warehouse>) {}

  @Method({ idempotent: true })
  async find(sku: string): Promise<string> {
    watch("Catalogue");
    await pause(40);
    return this.warehouse.find(sku); // with what is left of the time: nothing is passed on by hand
  }
}

@Service("Shop")
export class Shop {
  constructor(@InjectClient(Catalogue) private readonly catalogue: Client<Catalogue>) {}

  @Method({ idempotent: true })
  async find(sku: string): Promise<string> {
    watch("Shop");
    await pause(40);
    return this.catalogue.find(sku);
  }
}
