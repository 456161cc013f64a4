/** An order with twelve fields of every common kind: 581 bytes in MessagePack's shortest form, whatever its number. */
export interface Body {
  readonly id: number;
  readonly reference: string;
  readonly createdAt: string;
  readonly total: number;
  readonly weight: number;
  readonly paid: boolean;
  readonly gift: boolean;
  readonly coupon: null;
  readonly tags: readonly string[];
  readonly customer: { readonly name: string; readonly city: string; readonly address: string; readonly phone: string };
  readonly lines: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly price: number;
    readonly packedAt: string;
  }[];
  readonly note: string;
}

/** Bytes of one body in MessagePack's shortest form. */
export const bodyBytes = 581;

/** Returns body number `number`, 0 to 4095. All are of one size, and no two are equal, so that nobody gains by keeping what was sent before. */
export function createBody(number: number): Body {
  const digits = String(number).padStart(4, "0");
  return {
    id: 70_000 + number,
    reference: `ORD-2024-${digits}`,
    createdAt: "2024-05-17T08:30:12.345Z",
    total: number + 0.25,
    weight: 12.062_5,
    paid: true,
    gift: false,
    coupon: null,
    tags: ["fragile", "insured", "zone-4", digits],
    customer: {
      name: "Zoë Łukasiewicz",
      city: "Kraków",
      address: "ul. Świętego Jana 12/4, 31-018",
      phone: "+48 12 555 01 99",
    },
    lines: [
      { sku: `TEA-${digits}-GREEN`, quantity: 2, price: 7.95, packedAt: "2024-05-18T06:05:00.000Z" },
      { sku: `CUP-${digits}-WHITE`, quantity: 12, price: number + 0.5, packedAt: "2024-05-18T06:07:30.500Z" },
    ],
    note: "Please ring twice and leave the parcel with the neighbour on the second floor, or with us at number nine. 配達は午後でお願いします。",
  };
}

/** Returns as many bodies as fit into `limitBytes` of MessagePack with their array's header, numbered from `first`. */
export function createBodies(limitBytes: number, first: number): Body[] {
  const headerBytes = limitBytes < 16 * bodyBytes ? 1 : 3;
  const count = Math.floor((limitBytes - headerBytes) / bodyBytes);
  return Array.from({ length: count }, (_, index) => createBody((first + index) % 4096));
}
