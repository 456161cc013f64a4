import { Exclude, Type } from "class-transformer";
import { Min, ValidateNested } from "class-validator";

export class Line {
  sku = "";
  @Min(1)
  count = 1;
}

/** What a customer wants. */
export class CreateOrder {
  customer = "";
  @Type(() => Line)
  @ValidateNested()
  lines: Line[] = [];
}

/** What becomes of it. */
export class Order extends CreateOrder {
  id = "";
  placedAt = new Date();
  @Exclude()
  margin?: number; // never leaves the process

  pieces(): number {
    return this.lines.reduce((sum, { count }) => sum + count, 0);
  }
}
