import { Type } from "class-transformer";

/** So many pieces of a product. */
export class OrderLine {
  product!: string;
  quantity!: number;
}

/** A line with the price of one piece, in cents. */
export class PricedLine extends OrderLine {
  unitCents!: number;

  totalCents(): number {
    return this.quantity * this.unitCents;
  }
}

/** What a customer wants. */
export class OrderRequest {
  customer!: string;

  @Type(() => OrderLine)
  lines!: OrderLine[];
}

/** An order as it was placed, once and for all. */
export class Order {
  orderId!: string;
  customer!: string;

  @Type(() => PricedLine)
  lines!: PricedLine[];

  /** Which process placed it, and as its how manyth: no two placements are alike. */
  placement!: string;

  totalCents(): number {
    return this.lines.reduce((sum, line) => sum + line.totalCents(), 0);
  }
}
