import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, createClient, createDispatcher, defineService } from "@rpc/core";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { serviceOf } from "./service-of.js";

@Service({ name: "Prices", alias: "shop.PriceList" })
class Prices {
  @Method({ idempotent: true, alias: "priceOf", failMode: "failfast" })
  of(product: string): number {
    return product.length;
  }
}

describe("@Service and @Method with an alias", () => {
  test("clients that know the old names are answered", async () => {
    const service = serviceOf(Prices);
    const { invoke } = createDispatcher([bind(service, new Prices())]);
    const old = defineService<{ priceOf(product: string): number }>("shop.PriceList", { priceOf: {} });
    assert.equal(await createClient(old, invoke).priceOf("tea"), 3);
    assert.equal(await createClient(service, invoke).of("tea"), 3);
    assert.equal(service.methods[0]?.failMode, "failfast");
  });

  test("served under a name of the app's choice, the class has that name alone", () => {
    assert.deepEqual(serviceOf(Prices).aliases, ["shop.PriceList"]);
    assert.equal(serviceOf(Prices, "PricesEu").aliases, undefined);
  });

  test("what is no name is refused where it stands", () => {
    assert.throws(() => Service({ alias: 7 } as never), refusal("BAD_OPTION", "@Service", "alias"));
    assert.throws(() => Service({ nam: "x" } as never), /did you mean "name"/);
    assert.throws(() => Service(7 as never), refusal("BAD_OPTION", "@Service"));
    @Service()
    class Wrong {
      @Method({ alias: 7 as never })
      run(): void {}
    }
    assert.throws(() => serviceOf(Wrong), /alias must be a name/);
  });
});
