import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../start-up-error.fixture.js";
import { Method, methodNotes } from "./method.js";

/** Applies the decorator as code that no type checker has seen does. */
function decorate(target: object, key: string | symbol, descriptor?: PropertyDescriptor): void {
  (Method() as (target: object, key: string | symbol, descriptor?: PropertyDescriptor) => void)(
    target,
    key,
    descriptor,
  );
}

describe("@Method", () => {
  test("only what carries it is offered, with its options", () => {
    class Orders {
      @Method({ idempotent: true, timeoutMs: 50 })
      place(): void {}
      audit(): void {}
    }
    const notes = methodNotes(Orders);
    assert.deepEqual([...notes.keys()], ["place"]);
    assert.deepEqual(notes.get("place")?.options, { idempotent: true, timeoutMs: 50 });
  });

  test("a subclass offers its parents' methods too, the nearer options in place of the farther", () => {
    class Parent {
      @Method({ idempotent: true })
      find(): void {}
      @Method({ timeoutMs: 10 })
      place(): void {}
    }
    class Child extends Parent {
      @Method()
      override place(): void {}
      override find(): void {}
      @Method()
      cancel(): void {}
    }
    const notes = methodNotes(Child);
    assert.deepEqual([...notes.keys()], ["find", "place", "cancel"]);
    assert.deepEqual(notes.get("find")?.options, { idempotent: true });
    assert.deepEqual(notes.get("place")?.options, {});
    assert.deepEqual([...methodNotes(Parent).keys()], ["find", "place"], "the parent must not get the child's");
  });

  test("on a static member, a field, an accessor or a symbol it says which class and member", () => {
    class Orders {
      static place(): void {}
      get total(): number {
        return 1;
      }
    }
    const bad = (kind: string, member: string) => refusal("BAD_METHOD", member, kind);
    assert.throws(() => decorate(Orders, "place", {}), bad("static", "Orders.place"));
    assert.throws(() => decorate(Orders.prototype, "count"), bad("field", "Orders.count"));
    const total = Object.getOwnPropertyDescriptor(Orders.prototype, "total");
    assert.throws(() => decorate(Orders.prototype, "total", total), bad("accessor", "Orders.total"));
    assert.throws(
      () => decorate(Orders.prototype, Symbol("hidden"), {}),
      bad("without a name", "Orders.Symbol(hidden)"),
    );
  });

  test("an option that is none is named with the class, the method and what was probably meant", () => {
    assert.throws(
      () => {
        class Orders {
          // @ts-expect-error: no such option
          @Method({ idempotant: true })
          place(): void {}
        }
        return Orders;
      },
      refusal("BAD_OPTION", "Orders.place", 'did you mean "idempotent"?'),
    );
  });

  test("a build that compiles standard decorators is told which setting is wrong", () => {
    const place = (): void => {};
    const asStandard = (): void => decorate(place, { kind: "method", name: "place" } as never);
    assert.throws(asStandard, refusal("BUILD_SETTINGS", "@Method", "experimentalDecorators"));
  });
});
