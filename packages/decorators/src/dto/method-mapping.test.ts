import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Exclude, Expose, Type } from "class-transformer";
import type { Class } from "../notes/class-ref.js";
import { arrayOf } from "../notes/dto.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { serviceOf } from "../service/service-of.js";
import { refusal } from "../start-up-error.fixture.js";
import { createMappings, type Mappings } from "./mappings.js";
import type { MethodMapping } from "./method-mapping.js";

let mappings: Mappings;

class Line {
  @Expose()
  sku = "";
}

class CreateOrder {
  @Type(() => Line)
  lines: Line[] = [];
  @Expose({ name: "customer_name" })
  customer = "";
}

class Order {
  id = "1";
  @Exclude()
  secret = "s";
}

class SpecialOrder extends Order {
  @Exclude()
  discount = 5;
}

/** No decorators: not a class that class-transformer knows. */
class Row {
  id = "2";
  secret = "s";
}

@Service()
class Orders {
  @Method({ input: [() => CreateOrder, undefined], output: () => Order })
  named(order: CreateOrder, _note: string): Order {
    return Object.assign(new Order(), { id: order.customer });
  }

  @Method({ output: arrayOf(() => Order) })
  list(): Order[] {
    return [];
  }

  @Method()
  inferred(_order: CreateOrder, _row: Row, _count: number): void {}
}

async function load(): Promise<void> {
  mappings = await createMappings(true);
}

describe("arguments and answers", () => {
  let named: MethodMapping;
  let list: MethodMapping;
  let inferred: MethodMapping;

  before(async () => {
    await load();
    [named, list, inferred] = mappings.atServer(serviceOf(Orders)) as [MethodMapping, MethodMapping, MethodMapping];
  });

  test("a named argument arrives as an instance, its nested ones too; one that is not named as it came", () => {
    const [order, note] = named.receive([{ customer_name: "c", lines: [{ sku: "a" }] }, { plain: true }]);
    assert.ok(order instanceof CreateOrder);
    assert.equal(order.customer, "c");
    assert.ok(order.lines[0] instanceof Line);
    assert.deepStrictEqual(note, { plain: true });
  });

  test("fewer arguments than the method names are passed on as they are", () => {
    assert.deepStrictEqual(named.receive([]), []);
    assert.deepStrictEqual(named.receive([null]), [null]);
  });

  test("a class with decorators is inferred from the types that the build tool emitted; others stay plain", () => {
    const [order, row, count] = inferred.receive([{ lines: [] }, { id: "2" }, 3]);
    assert.ok(order instanceof CreateOrder);
    assert.equal(Object.getPrototypeOf(row), Object.prototype);
    assert.equal(count, 3);
  });

  test("an answer leaves without its excluded fields, named or not, single or in an array", () => {
    assert.deepStrictEqual(named.answer(new Order()), { id: "1" });
    assert.deepStrictEqual(list.answer([new Order(), new Order()]), [{ id: "1" }, { id: "1" }]);
    assert.deepStrictEqual(inferred.answer({ page: [new Order()] }), { page: [{ id: "1" }] });
    assert.equal(named.answer(undefined), undefined);
  });

  test("a plain object or a foreign instance leaves by the rules of the class named; a subclass's by its own", () => {
    assert.deepStrictEqual(named.answer({ id: "3", secret: "s" }), { id: "3" });
    assert.deepStrictEqual(named.answer(new Row()), { id: "2" });
    assert.deepStrictEqual(list.answer([new Row()]), [{ id: "2" }]);
    assert.deepStrictEqual(named.answer(new SpecialOrder()), { id: "1" });
  });

  test("a client sends what the server's class reads, and gets instances where the answer's class is named", () => {
    const [sender] = mappings.atClient(serviceOf(Orders))!;
    const order = { customer: "c", lines: [{ sku: "a" }] };
    const [sent] = sender!.send([order]);
    assert.deepStrictEqual(sent, { customer_name: "c", lines: [{ sku: "a" }] });
    assert.deepStrictEqual(sender!.send([Object.assign(new CreateOrder(), order)]), [sent]);
    assert.ok(sender!.accept!({ id: "1" }) instanceof Order);
    assert.equal(sender!.accept!(null), null);
    assert.equal(mappings.atClient(serviceOf(Orders))![2]!.accept, undefined);
  });
});

describe("classes that cannot be used are refused at start, naming the method", () => {
  before(load);

  function service(options: object, parameters?: readonly unknown[]): Class {
    class Shop {
      place(_order: unknown): void {}
    }
    if (parameters !== undefined) Reflect.defineMetadata("design:paramtypes", parameters, Shop.prototype, "place");
    const descriptor = Object.getOwnPropertyDescriptor(Shop.prototype, "place")!;
    (Method(options) as (...decorated: unknown[]) => void)(Shop.prototype, "place", descriptor);
    Service()(Shop);
    return Shop;
  }

  const serve = (target: Class) => (): unknown => mappings.atServer(serviceOf(target));

  test("a class that is undefined, because of an import circle or a missing export", () => {
    assert.throws(
      serve(service({ input: [() => undefined] })),
      refusal("BAD_DTO", "Shop.place", "input[0]", "undefined"),
    );
    assert.throws(
      serve(service({ output: arrayOf(() => undefined as never) })),
      refusal("BAD_DTO", "Shop.place", "output"),
    );
    assert.throws(serve(service({}, [undefined])), refusal("BAD_DTO", "Shop.place", "argument 0", "in a circle"));
  });

  test("something that is no class", () => {
    assert.throws(
      serve(service({ input: [undefined, () => 5] })),
      refusal("BAD_DTO", "Shop.place", "input[1]", "number"),
    );
    assert.throws(serve(service({ output: {} })), refusal("BAD_DTO", "Shop.place", "output", "object"));
  });

  test("a class of an argument that cannot be made without arguments; as an answer it is fine", () => {
    class Wrapped {
      readonly id: string;
      constructor(row: { readonly id: string }) {
        this.id = row.id;
      }
    }
    assert.throws(
      serve(service({ input: [() => Wrapped] })),
      refusal("BAD_DTO", "Shop.place", "Wrapped", "constructor"),
    );
    assert.doesNotThrow(serve(service({ input: [], output: () => Wrapped })));
  });

  test("types that the build tool removed: the message names the method, the tool's setting, and the way without", () => {
    const fix = ["Shop.place", "esbuild, tsx", '"emitDecoratorMetadata": true', "@Method({ input: [() => TheClass] })"];
    assert.throws(serve(service({})), refusal("NO_METADATA", ...fix));
    assert.doesNotThrow(
      serve(service({ input: [] })),
      "who names the arguments, or that there are none, needs no metadata",
    );
    assert.doesNotThrow(serve(service({}, [Number])));
    assert.doesNotThrow(() => mappings.atClient(serviceOf(service({}))), "a client needs to know nothing of them");
  });
});
