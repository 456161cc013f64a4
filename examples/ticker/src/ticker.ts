import { Method, Service } from "@rpc/decorators";

export interface Tick {
  readonly symbol: string;
  readonly price: number;
  /** Which one of this stream's, from 1. */
  readonly number: number;
  /** When it was made. */
  readonly at: Date;
}

@Service("Ticker")
export class Ticker {
  /** Yields a price whenever there is room for one: a slow reader gets fewer prices, not older and older ones. */
  @Method()
  async *watch(symbol: string): AsyncIterable<Tick> {
    let price = 100;
    let number = 0;
    try {
      for (;;) {
        price += Math.random() - 0.5;
        yield { symbol, price: Math.round(price * 100) / 100, number: ++number, at: new Date() };
      }
    } finally {
      console.log(`${symbol}: the reader has left, ${number} prices were made`);
    }
  }
}
