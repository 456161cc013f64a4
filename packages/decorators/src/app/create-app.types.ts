/** What the compiler accepts of `createApp` and `@InjectClient`. */
import { bind, type Client, defineService, RpcError } from "@rpc/core";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { serviceOf } from "../service/service-of.js";
import type { App } from "./app.js";
import { createApp } from "./create-app.js";

@Service()
class Arith {
  readonly #calls = 0;

  @Method()
  add(a: number, b: number): number {
    return a + b + this.#calls;
  }
}

class Checkout {
  constructor(
    @InjectClient(Arith) readonly arith: Client<Arith>,
    @InjectClient(() => Arith) readonly late: Client<Arith>,
    @InjectClient(serviceOf(Arith, "ArithEu")) readonly eu: Client<Arith>,
    // @ts-expect-error: a client is made for a service, not for its name
    @InjectClient("Arith") readonly named: Client<Arith>,
  ) {}

  @InjectClient(Arith) readonly property!: Client<Arith>;
}

interface Greeter {
  greet(name: string): string;
}
const GreeterService = defineService<Greeter>("Greeter", { greet: {} });

class SoldOut extends RpcError {
  static override readonly reason = "SOLD_OUT";
  declare readonly details: { readonly sku: string };

  constructor(sku: string) {
    super("failed_precondition", sku, { details: { sku } });
  }
}

export async function accepted(): Promise<void> {
  const app: App = await createApp({
    services: [Arith, { service: Arith, name: "ArithEu" }, bind(GreeterService, { greet: (name) => name })],
    clients: [Checkout],
    listen: "tcp://127.0.0.1:0",
    logger: "debug",
    errors: [SoldOut],
    serve: { drainMs: 1_000, interceptors: [] },
    connect: { timeoutMs: 50, retry: false },
  });
  const checkout: Checkout = app.get(Checkout);
  const sum: Promise<number> = checkout.arith.add(1, 2);
  const arith: Client<Arith> = app.client(Arith);
  const greeter: Client<Greeter> = app.client(GreeterService);
  await Promise.all([sum, arith.add(1, 2), greeter.greet("you")]);
  // @ts-expect-error: the type is that of the class asked for
  const wrong: Arith = app.get(Checkout);
  // @ts-expect-error: an argument of the wrong type
  await arith.add("1", 2);
  // @ts-expect-error: what is private is no method of a client
  arith["#calls"];
  return void wrong;
}

export const refused = [
  // @ts-expect-error: no such option
  () => createApp({ servicse: [Arith] }),
  // @ts-expect-error: concerns serving, so it is in `serve`
  () => createApp({ drainMs: 5 }),
  // @ts-expect-error: concerns calling, so it is in `connect`
  () => createApp({ timeoutMs: 5 }),
  // @ts-expect-error: an instance is no class
  () => createApp({ clients: [{}] }),
  // @ts-expect-error: no such level
  () => createApp({ logger: "verbose" }),
  // @ts-expect-error: a service has a name
  () => createApp({ services: [{ service: Arith }] }),
  // @ts-expect-error: no class of errors
  () => createApp({ errors: [Date] }),
  // @ts-expect-error: an error is no class
  () => createApp({ errors: [new SoldOut("tea")] }),
  // @ts-expect-error: concerns both ends, so it is at the top
  () => createApp({ connect: { errors: [SoldOut] } }),
  // @ts-expect-error: no such signal
  () => createApp({ signals: ["SIGNOTHING"] }),
  // @ts-expect-error: wanted as a number of milliseconds
  () => createApp({ connect: { timeoutMs: "1s" } }),
];
