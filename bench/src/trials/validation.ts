import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AppOptions, createApp, Method, Service } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { shuffled } from "../statistics/random.js";
import { defineTrial, type Lab } from "./trial.js";

const inFlight = 200;

interface Order {
  readonly id: string;
  readonly customer: number;
  readonly amount: number;
  readonly state: "open" | "paid";
  readonly at: Date;
}

@Service("Shop")
class Shop {
  @Method()
  place(order: Order): number {
    return order.amount;
  }
}

const contract: NonNullable<AppOptions["contract"]> = {
  format: 1,
  services: {
    Shop: {
      types: {
        Order: {
          type: "object",
          properties: {
            id: { type: "string" },
            customer: { type: "integer" },
            amount: { type: "number" },
            state: { enum: ["open", "paid"] },
            at: { tsType: "Date" },
          },
          required: ["id", "customer", "amount", "state", "at"],
        },
      },
      methods: {
        place: {
          signature: "place(order: Order): Promise<number>",
          kind: "unary",
          parameters: [{ name: "order", schema: { $ref: "#/types/Order" } }],
          result: { type: "number" },
        },
      },
    },
  },
};

/** What arguments checked by a contract cost, both ends in this process. */
export const validation = defineTrial({
  id: "validation",
  title: `calls with an object of 5 fields, checked by a contract, ${inFlight} in flight`,
  figures: {
    rate: { what: "calls a second, checked / not", unit: "x" },
    idle: { what: "the same with an interceptor that does nothing / none", unit: "x" },
  },
  async measure({ rounds, quick, random, onProgress }: Lab) {
    const shops = await Promise.all([
      open({}),
      open({ contract }),
      open({ serve: { interceptors: [(next) => (call) => next(call)] } }),
    ]);
    try {
      const forMs = quick ? 100 : 200;
      for (const { drive } of shops) await drive(1_000);
      const found = { rate: [] as number[], idle: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        onProgress(`validation: round ${round + 1} of ${rounds}`);
        const rates = new Map<object, number>();
        for (const shop of shuffled(shops, random)) rates.set(shop, await shop.drive(forMs));
        const [bare, checked, idle] = shops.map((shop) => rates.get(shop)!);
        found.rate.push(checked! / bare!);
        found.idle.push(idle! / bare!);
      }
      return found;
    } finally {
      for (const { close } of shops) await close();
    }
  },
});

/** An app that serves, and calls itself over a socket. */
async function open(options: AppOptions) {
  const directory = await mkdtemp(join(tmpdir(), "bench-validation-"));
  const registry = fileRegistry({ directory });
  const app = await createApp({ services: [Shop], registry, logger: false, signals: false, ...options });
  await app.start();
  const shop = app.client(Shop);
  const order: Order = { id: "o-1", customer: 7, amount: 2.5, state: "open", at: new Date(0) };
  const drive = async (forMs: number): Promise<number> => {
    const startedAt = performance.now();
    let calls = 0;
    const loop = async (): Promise<void> => {
      for (; performance.now() - startedAt < forMs; calls++) await shop.place(order);
    };
    await Promise.all(Array.from({ length: inFlight }, loop));
    return calls / (performance.now() - startedAt);
  };
  return { drive, close: () => app.stop().then(() => rm(directory, { recursive: true })) };
}
