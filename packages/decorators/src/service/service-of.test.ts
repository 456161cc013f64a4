import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, createClient, createDispatcher } from "@rpc/core";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { serviceOf } from "./service-of.js";

@Service()
class Arith {
  @Method({ idempotent: true, timeoutMs: 20 })
  add(a: number, b: number): number {
    return a + b;
  }

  secret(): string {
    return "not offered";
  }
}

describe("serviceOf", () => {
  test("the descriptor has the methods that carry @Method, and their options", () => {
    const { name, methods } = serviceOf(Arith);
    assert.equal(name, "Arith");
    assert.deepEqual(
      methods.map(({ path, idempotent, timeoutMs }) => ({ path, idempotent, timeoutMs })),
      [{ path: "/Arith/add", idempotent: true, timeoutMs: 20 }],
    );
  });

  test("what a method says of its key and its handlers is in the descriptor, too", () => {
    @Service()
    class Carts {
      @Method({ key: (user: string) => user, handlersRunning: 3 })
      of(user: string): string {
        return user;
      }
    }
    const [of] = serviceOf(Carts).methods;
    assert.equal(of?.handlersRunning, 3);
    assert.equal(of?.keyOf?.("ada" as never), "ada");
    assert.throws(() => Method({ key: "user" as never })(Carts.prototype, "of", { value: () => "" }), /key/);
  });

  test("it is made once for each name, so that all clients of a service share a channel", () => {
    assert.equal(serviceOf(Arith), serviceOf(Arith));
    assert.equal(serviceOf(Arith, "ArithEu"), serviceOf(Arith, "ArithEu"));
    assert.notEqual(serviceOf(Arith), serviceOf(Arith, "ArithEu"));
    assert.equal(serviceOf(Arith, "ArithEu").name, "ArithEu");
  });

  test("a test reaches a decorated class without a socket", async () => {
    const service = serviceOf(Arith);
    const arith = createClient(service, createDispatcher([bind(service, new Arith())]).invoke);
    assert.equal(await arith.add(2, 3), 5);
    assert.equal("secret" in arith, false);
  });

  test("a class without @Service is named, with the fix", () => {
    class Plain {
      @Method()
      run(): void {}
    }
    assert.throws(() => serviceOf(Plain), refusal("NO_SERVICE", "Plain", "put @Service() on the class"));
    assert.throws(() => serviceOf({} as never), refusal("NO_SERVICE", "an object"));
  });

  test("a service without any @Method is named, with the fix", () => {
    @Service()
    class Empty {
      run(): void {}
    }
    assert.throws(() => serviceOf(Empty), refusal("NO_METHOD", "Empty", "put @Method()"));
  });

  test("a method with a reserved name is refused, naming the class", () => {
    @Service("shop.orders")
    class Orders {
      @Method()
      then(): void {}
    }
    assert.throws(() => serviceOf(Orders), refusal("BAD_NAME", "Orders", "then"));
  });

  test("a service's name that cannot travel is refused, naming the class", () => {
    @Service("shop orders")
    class Orders {
      @Method()
      place(): void {}
    }
    assert.throws(() => serviceOf(Orders), refusal("BAD_NAME", "Orders:", "shop orders"));
  });

  test("a generator is refused by name instead of failing at the first call", () => {
    @Service()
    class Lists {
      @Method()
      *items(): Generator<number> {
        yield 1;
      }
    }
    assert.throws(() => serviceOf(Lists), refusal("UNSUPPORTED_METHOD", "Lists.items", "array", "async generator"));
  });

  test("a span that is none is refused, naming the method", () => {
    @Service()
    class Orders {
      @Method({ timeoutMs: 0 })
      place(): void {}
    }
    assert.throws(() => serviceOf(Orders), refusal("BAD_OPTION", "Orders.place", "timeoutMs"));
  });
});
