import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Type } from "class-transformer";
import { IsInt, Min, registerDecorator, ValidateNested } from "class-validator";
import { arrayOf } from "../notes/dto.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

const invalid = (message: string) => ({ code: "invalid_argument", reason: "INVALID_ARGUMENTS", message });

describe("DTO classes with decorators of class-validator", () => {
  // What its decorators write down would stay for the tests of other files.
  after(() => void Reflect.deleteProperty(globalThis, "classValidatorMetadataStorage"));

  class Line {
    @Min(1)
    count = 1;
  }
  class Cart {
    @IsInt()
    customer = 0;
    @ValidateNested({ each: true })
    @Type(() => Line)
    lines: Line[] = [];
  }
  @Service()
  class Carts {
    @Method({ input: [() => Cart] })
    check(cart: Cart): boolean {
      return cart instanceof Cart && cart.lines.every((line) => line instanceof Line);
    }
    @Method({ input: [arrayOf(() => Cart)] })
    all(carts: Cart[]): number {
      return carts.length;
    }
    @Method({ stream: "client", input: [() => Cart] })
    async each(carts: AsyncIterable<Cart>): Promise<number> {
      let count = 0;
      for await (const cart of carts) count += cart instanceof Cart ? 1 : 0;
      return count;
    }
  }
  const right = { customer: 1, lines: [{ count: 2 }] };
  const wrongCart = { customer: 1.5, lines: [{ count: 2 }, { count: 0 }] };
  const said =
    "arguments[0].customer: customer must be an integer number; arguments[0].lines[1].count: count must not be less than 1";

  test("are honoured: what does not fit is refused with the path, single or in arrays or in streams", async () => {
    const apps = memoryApps();
    const carts = (await apps.start({ services: [Carts] })).client(Carts);
    assert.equal(await carts.check(right), true);
    assert.equal(await carts.all([right, right]), 2);
    assert.equal(await carts.each(items(right, right)), 2);
    await assert.rejects(carts.check(wrongCart), invalid(`Carts.check: ${said}`));
    await assert.rejects(carts.all([right, wrongCart]), /Carts\.all: arguments\[0\]\[1\]\.customer: customer must be/);
    await assert.rejects(carts.each(items(right, wrongCart)), invalid(`Carts.each: ${said}`));
    await assert.rejects(
      carts.check("text" as never),
      invalid("Carts.check: arguments[0]: expected an object (Cart), got a string"),
    );
    await apps.stop();
  });

  test("are left alone where validate is false", async () => {
    const apps = memoryApps();
    const carts = (await apps.start({ services: [Carts], validate: false })).client(Carts);
    assert.equal(await carts.check(wrongCart), true);
    await apps.stop();
  });

  test("a class is made and checked though class-transformer knows nothing of it", async () => {
    class Ticket {
      @IsInt()
      seat = 0;
    }
    @Service()
    class Tickets {
      @Method()
      buy(ticket: Ticket): boolean {
        return ticket instanceof Ticket;
      }
    }
    const apps = memoryApps();
    const tickets = (await apps.start({ services: [Tickets] })).client(Tickets);
    assert.equal(await tickets.buy({ seat: 3 }), true);
    await assert.rejects(
      tickets.buy({ seat: 0.5 }),
      invalid("Tickets.buy: arguments[0].seat: seat must be an integer number"),
    );
    await apps.stop();
  });

  test("an asynchronous validator is refused at start, since nobody would wait for it", async () => {
    class Name {
      name = "";
    }
    const validator = { validate: async () => true };
    registerDecorator({ target: Name, propertyName: "name", validator, async: true, options: {} });
    @Service()
    class Names {
      @Method({ input: [() => Name] })
      take(_name: Name): void {}
    }
    await assert.rejects(
      createApp({ services: [Names], logger: false }),
      refusal("BAD_DTO", "Names.take", "Name.name has an asynchronous validator"),
    );
  });
});

async function* items<T>(...all: readonly T[]): AsyncGenerator<T> {
  yield* all;
}
