import { setTimeout as pause } from "node:timers/promises";
import type { Client } from "@rpc/core";
import { createApp, InjectClient } from "@rpc/decorators";
import { injectable } from "inversify";
import { Ticker } from "./ticker.js";

@injectable()
class Board {
  constructor(@InjectClient(Ticker) private readonly ticker: Client<Ticker>) {}

  /** Shows some prices, a few a second, as a board on a wall does. */
  async show(symbol: string, prices: number): Promise<void> {
    let shown = 0;
    for await (const { price, number, at } of this.ticker.watch(symbol)) {
      console.log(`${symbol} ${price.toFixed(2)}  price ${number}, ${Date.now() - at.getTime()} ms old`);
      if (++shown === prices) break; // the server's generator ends now
      await pause(50);
    }
  }
}

const app = await createApp({ clients: [Board] });
await app.get(Board).show(process.argv[2] ?? "X", Number(process.argv[3] ?? 20));
await app.stop();
