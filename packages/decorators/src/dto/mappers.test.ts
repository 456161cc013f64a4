import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Exclude, Expose, instanceToPlain, plainToInstance, Transform, Type } from "class-transformer";
import fc from "fast-check";
import type { Class } from "../notes/class-ref.js";
import { refusal } from "../start-up-error.fixture.js";
import { createMappers, type Mappers } from "./mappers.js";
import { loadTransformer, type Transformer } from "./transformer.js";

let transformer: Transformer;
let mappers: Mappers;

/** To be called before each suite that uses them. */
async function load(): Promise<void> {
  transformer = await loadTransformer();
  mappers = createMappers(transformer);
}

/** What class-transformer makes of plain data for a class. */
const instances = (target: Class, value: unknown): unknown => plainToInstance(target as new () => object, value);

/** What class-transformer makes of a value that a `@Type` says is of a class. */
function plain(target: Class, value: unknown): unknown {
  class Around {
    value: unknown;
  }
  Type(() => target)(Around.prototype, "value");
  return instanceToPlain(Object.assign(new Around(), { value }))["value"];
}

type Way = "both" | "in" | "out";
const ways: Way[] = ["both", "in", "out"];
const only = (way: Way) => ({
  ...(way === "in" && { toClassOnly: true }),
  ...(way === "out" && { toPlainOnly: true }),
});

interface FieldShape {
  readonly name: string;
  readonly expose: { readonly way: Way; readonly name: string | undefined; readonly grouped: boolean } | undefined;
  readonly exclude: Way | undefined;
  readonly transform: { readonly way: Way; readonly grouped: boolean } | undefined;
  readonly type: "string" | "number" | "boolean" | "date" | "inner" | "self" | undefined;
  readonly initial: boolean;
  readonly inherited: boolean;
}

interface ClassShape {
  readonly fields: readonly FieldShape[];
  readonly strategy: "exclude" | "expose" | undefined;
  readonly getter: boolean;
}

const names = ["a", "b", "c", "d", "text", "toString"];
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined, freq: 2 });
const fieldShape: fc.Arbitrary<FieldShape> = fc.record({
  name: fc.constantFrom(...names),
  expose: maybe(
    fc.record({
      way: fc.constantFrom(...ways),
      name: maybe(fc.constantFrom("a", "b", "wire", "")),
      grouped: fc.boolean(),
    }),
  ),
  exclude: maybe(fc.constantFrom(...ways)),
  transform: maybe(fc.record({ way: fc.constantFrom(...ways), grouped: fc.boolean() })),
  type: maybe(fc.constantFrom("string", "number", "boolean", "date", "inner", "self")),
  initial: fc.boolean(),
  inherited: fc.boolean(),
});
const classShape: fc.Arbitrary<ClassShape> = fc.record({
  fields: fc.uniqueArray(fieldShape, { selector: ({ name }) => name, maxLength: 5 }),
  strategy: maybe(fc.constantFrom("exclude", "expose")),
  getter: fc.boolean(),
});

/** Writes a class as a user would, with a parent that has the fields which are inherited. */
function classOf({ fields, strategy, getter }: ClassShape, inner: Class | undefined): Class {
  class Parent {
    constructor() {
      for (const { name, initial } of fields) if (initial) Reflect.set(this, name, `initial ${name}`);
    }
    method(): string {
      return "a method's answer";
    }
  }
  class Child extends Parent {
    get label(): string {
      return "a getter's answer";
    }
    own(): string {
      return "own";
    }
  }
  for (const { name, expose, exclude, transform, type, inherited } of fields) {
    const { prototype } = inherited ? Parent : Child;
    const apply = (decorator: PropertyDecorator): void => decorator(prototype, name);
    if (expose !== undefined) {
      const { way, name: custom, grouped } = expose;
      apply(
        Expose({ ...only(way), ...(custom !== undefined && { name: custom }), ...(grouped && { groups: ["some"] }) }),
      );
    }
    if (exclude !== undefined) apply(Exclude(only(exclude)));
    if (transform !== undefined) {
      const { way, grouped } = transform;
      apply(
        Transform(
          ({ value, key, obj, type, options }) => [
            typeof value,
            key,
            JSON.stringify(obj),
            type,
            JSON.stringify(options),
          ],
          {
            ...only(way),
            ...(grouped && { groups: ["some"] }),
          },
        ),
      );
    }
    if (type === "string") apply(Type(() => String));
    if (type === "number") apply(Type(() => Number));
    if (type === "boolean") apply(Type(() => Boolean));
    if (type === "date") apply(Type(() => Date));
    if (type === "inner" && inner !== undefined) apply(Type((_options) => inner));
    if (type === "self") apply(Type(() => Child));
  }
  if (getter) Expose()(Child.prototype, "label");
  if (getter) Expose()(Child.prototype, "method");
  if (strategy === "exclude") Exclude()(Child);
  if (strategy === "expose") Expose()(Child);
  return Child;
}

/** Keys of a class's objects; inside what has no class class-transformer skips names of `Object.prototype`, which we do not. */
const keys = [...names, "wire", "label", "method", "own", "other", "hasOwnProperty"];
const plainKeys = keys.filter((name) => !(name in {}));
const { value: inner } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, undefined, "x", 0, -1, true, Number.NaN),
    fc.date({ noInvalidDate: true }),
    fc.dictionary(fc.constantFrom(...plainKeys), tie("value"), { maxKeys: 6, noNullPrototype: true }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));
const fields = fc.dictionary(fc.constantFrom(...keys), inner, { maxKeys: 6, noNullPrototype: true });
const data = fc.oneof(fields, fc.array(fields, { maxLength: 2 }), inner);

describe("mappers against class-transformer", () => {
  before(load);

  const cases = fc.tuple(classShape, classShape, data);

  test("arguments arrive as the instances that class-transformer would make", () => {
    fc.assert(
      fc.property(cases, ([innerShape, shape, value]) => {
        const target = classOf(shape, classOf(innerShape, undefined));
        same(
          () => mappers.of(target).toInstance(value),
          () => instances(target, value),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("answers leave as the plain data that class-transformer would make, of plain objects and of instances", () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ([innerShape, shape, value], made) => {
        const target = classOf(shape, classOf(innerShape, undefined));
        const given = made ? mappers.of(target).toInstance(value) : value;
        same(
          () => mappers.of(target).toPlain(given, []),
          () => plain(target, given),
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("mappers beyond what they compile", () => {
  before(load);

  class Cat {
    kind = "cat";
    lives = 9;
  }
  class Dog {
    kind = "dog";
  }

  test("a discriminator, a map, a set and a type that depends on the object are left to class-transformer", () => {
    class Zoo {
      @Type(() => Object, {
        discriminator: {
          property: "kind",
          subTypes: [
            { name: "cat", value: Cat },
            { name: "dog", value: Dog },
          ],
        },
        keepDiscriminatorProperty: true,
      })
      animals!: (Cat | Dog)[];
    }
    class Shelf {
      @Type(() => Cat)
      byName!: Map<string, Cat>;
      @Type(() => Cat)
      all!: Set<Cat>;
    }
    class Either {
      kind!: string;
      @Type((help) => (help?.object["kind"] === "cat" ? Cat : Dog))
      animal!: Cat | Dog;
    }
    const zoo = { animals: [{ kind: "cat" }, { kind: "dog" }] };
    const shelf = { byName: { tom: { lives: 1 } }, all: [{ lives: 2 }] };
    const either = { kind: "cat", animal: { lives: 3 } };
    for (const [target, value] of [
      [Zoo, zoo],
      [Shelf, shelf],
      [Either, either],
    ] as const) {
      const mapper = mappers.of(target);
      const made = mapper.toInstance(structuredClone(value));
      assert.deepStrictEqual(made, instances(target, structuredClone(value)));
      assert.deepStrictEqual(mapper.toPlain(made, []), plain(target, instances(target, structuredClone(value))));
    }
    assert.ok((mappers.of(Zoo).toInstance(structuredClone(zoo)) as Zoo).animals[0] instanceof Cat);
    assert.ok((mappers.of(Shelf).toInstance(shelf) as Shelf).byName.get("tom") instanceof Cat);
    assert.ok((mappers.of(Either).toInstance(either) as Either).animal instanceof Cat);
  });

  test("a tree of instances of its own class is built and taken apart at any depth", () => {
    class Tree {
      name = "";
      @Type(() => Tree)
      branches: Tree[] = [];
    }
    const data = { name: "root", branches: [{ name: "left", branches: [{ name: "leaf", branches: [] }] }] };
    const tree = mappers.of(Tree).toInstance(data) as Tree;
    assert.ok(tree.branches[0]?.branches[0] instanceof Tree);
    assert.deepStrictEqual(mappers.of(Tree).toPlain(tree, []), data);
  });

  test("an instance that contains itself is refused by name instead of overflowing the stack", () => {
    class Node {
      @Type(() => Node)
      next: Node | undefined;
    }
    const node = new Node();
    node.next = node;
    assert.throws(() => mappers.of(Node).toPlain(node, []), { reason: "ENCODE_FAILED", message: /Node.*@Exclude/ });
  });

  test("bytes, maps, sets and errors in fields without @Type arrive as they were: class-transformer would empty them", () => {
    class Upload {
      @Expose()
      name = "";
      bytes!: Uint8Array;
      tags!: Map<string, number>;
      seen!: Set<string>;
      reason!: Error;
    }
    const fields = {
      name: "a",
      bytes: new Uint8Array([1, 2]),
      tags: new Map([["x", 1]]),
      seen: new Set(["y"]),
      reason: new Error("no"),
    };
    const upload = mappers.of(Upload).toInstance(fields) as Upload;
    assert.ok(upload instanceof Upload);
    assert.deepStrictEqual({ ...upload }, fields);
    assert.deepStrictEqual(mappers.of(Upload).toPlain(upload, []), fields);
  });

  test("a key of the wire cannot set a prototype or replace a method", () => {
    class Order {
      @Expose()
      id = "";
      price(): number {
        return 1;
      }
    }
    const wire = JSON.parse('{"id":"1","__proto__":{"polluted":true},"constructor":5,"price":0,"hasOwnProperty":0}');
    const order = mappers.of(Order).toInstance(wire) as Order;
    assert.equal(Object.getPrototypeOf(order), Order.prototype);
    assert.equal(order.price(), 1);
    assert.equal(Object.hasOwn(order, "hasOwnProperty") || Object.hasOwn(order, "constructor"), false);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });

  test("objects with other keys than those before them are not taken for these", () => {
    class Order {
      @Expose({ name: "order_id" })
      id = "";
      @Exclude()
      secret = "";
    }
    const mapper = mappers.of(Order);
    const made = [{ order_id: "1" }, { order_id: "2", note: "n" }, { secret: "s", order_id: "3" }, {}].map((value) => ({
      ...(mapper.toInstance(value) as object),
    }));
    assert.deepStrictEqual(made, [
      { id: "1", secret: "" },
      { id: "2", secret: "", note: "n" },
      { id: "3", secret: "" },
      { id: undefined, secret: "" },
    ]);
  });

  test("a @Type that gives no class is named at start, with the property", () => {
    class Order {
      @Type(() => undefined as never)
      lines!: unknown[];
    }
    class Stripped {
      lines!: unknown[];
    }
    transformer.storage.addTypeMetadata({
      target: Stripped,
      propertyName: "lines",
      reflectedType: undefined,
      typeFunction: undefined as never,
      options: {},
    });
    assert.throws(() => mappers.of(Order), refusal("BAD_DTO", "Order.lines", "undefined"));
    assert.throws(() => mappers.of(Order), refusal("BAD_DTO", "Order.lines"), "a second app is told the same");
    assert.throws(() => mappers.of(Stripped), refusal("BAD_DTO", "Stripped.lines", "@Type(() => TheClass)"));
  });
});

/** Both return the same, or both throw. */
function same(ours: () => unknown, theirs: () => unknown): void {
  const [mine, wanted] = [outcome(ours), outcome(theirs)];
  assert.deepStrictEqual(mine, wanted);
}

function outcome(run: () => unknown): unknown {
  try {
    return { returned: comparable(run()) };
  } catch (error) {
    return { threw: (error as Error).name };
  }
}

/** An invalid date is not equal to another one. */
function comparable(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value;
  if (typeof value !== "object" || value === null) return value;
  for (const [key, item] of Object.entries(value))
    if (typeof item === "object") Reflect.set(value, key, comparable(item));
  return value;
}
