import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../start-up-error.fixture.js";
import { isService, Service, serviceName } from "./service.js";

describe("@Service", () => {
  test("a service is called as it says, so that a minifier cannot rename it", () => {
    @Service("orders-eu")
    class Orders {}
    assert.equal(serviceName(Orders), "orders-eu");
  });

  test("without a name it is called as its class", () => {
    @Service()
    class Orders {}
    assert.equal(serviceName(Orders), "Orders");
  });

  test("a subclass is not a service by accident; the message says that the parent's note does not count", () => {
    @Service()
    class Orders {}
    class SpecialOrders extends Orders {}
    assert.equal(isService(SpecialOrders), false);
    assert.throws(
      () => serviceName(SpecialOrders),
      refusal("NO_SERVICE", "SpecialOrders", "parent Orders", "@Service()"),
    );
  });

  test("a class without a name has to be given one", () => {
    const decorated = (() => class {})();
    Service()(decorated);
    assert.throws(() => serviceName(decorated), refusal("NO_SERVICE", '@Service("Name")'));
  });

  test("who forgets the parentheses is told so", () => {
    assert.throws(() => Service(class Orders {} as never), refusal("BAD_OPTION", "Orders", "@Service()"));
  });

  test("a build that compiles standard decorators is told which setting is wrong", () => {
    const decorate = Service() as (target: unknown, context: object) => void;
    assert.throws(
      () => decorate(class Orders {}, { kind: "class", name: "Orders" }),
      refusal("BUILD_SETTINGS", "@Service", "experimentalDecorators"),
    );
  });
});
