/** Returns an order of about 560 bytes in MessagePack. What differs between a shop's orders differs here; names of fields, and of what it sells, do not. */
export function createOrder(number: number): object {
  const pick = <T>(from: readonly T[], step: number): T => from[(number * step) % from.length]!;
  return {
    id: `ord-${100_000 + ((number * 7_919) % 899_999)}`,
    customer: `cust-${(number * 104_729) % 99_991}`,
    createdAt: new Date(1.7e12 + number * 86_413).toISOString(),
    currency: "EUR",
    status: pick(["new", "paid", "shipped"], 1),
    total: ((number * 37) % 10_000) / 100,
    lines: Array.from({ length: 5 }, (_, line) => ({
      sku: `SKU-${(number * 31 + line * 17) % 9_973}`,
      name: ["Widget blue", "Gadget large", "Cable 2 m"][line % 3],
      quantity: 1 + ((number + line) % 5),
      price: ((number * 13 + line * 7) % 5_000) / 100,
      taxRate: 0.19,
    })),
    address: {
      street: `Street ${number % 211}`,
      city: pick(["Berlin", "Paris", "Rome"], 5),
      zip: String(10_000 + ((number * 17) % 89_999)),
      country: "DE",
    },
    note: "",
  };
}
