import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../start-up-error.fixture.js";
import { type ClientTarget, InjectClient } from "./inject-client.js";

const parameterOf = (target: object, service: unknown, index: number): void =>
  InjectClient(service as ClientTarget)(target, undefined, index);

describe("@InjectClient", () => {
  test("a class that an import circle has not loaded yet is reported with the place and the way out", () => {
    class Checkout {}
    assert.throws(
      () => parameterOf(Checkout, undefined, 1),
      refusal("BAD_INJECTION", "parameter 1 of Checkout", "@InjectClient(() => TheService)"),
    );
  });

  test("what is neither class nor descriptor is refused where it stands", () => {
    class Checkout {}
    assert.throws(
      () => parameterOf(Checkout, "Orders", 0),
      refusal("BAD_INJECTION", "parameter 0 of Checkout", '"Orders"'),
    );
    const onField = (): void => InjectClient(5 as never)(Checkout.prototype, "orders");
    assert.throws(onField, refusal("BAD_INJECTION", "property orders of Checkout", "5"));
  });

  test("on a method's parameter it says that clients belong into constructors and properties", () => {
    class Orders {}
    class Checkout {}
    assert.throws(
      () => InjectClient(Orders)(Checkout.prototype, "total", 0),
      refusal("BAD_INJECTION", "parameter 0 of Checkout.total", "constructors and properties"),
    );
  });
});
