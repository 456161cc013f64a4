import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, RpcError } from "@rpc/core";
import { InjectClient } from "../notes/inject-client.js";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

class SoldOut extends RpcError {
  static override readonly reason = "SOLD_OUT";
  declare readonly details: { readonly sku: string };

  constructor(sku: string) {
    super("failed_precondition", `${sku} is sold out`, { details: { sku } });
  }
}

@Service()
class Shelf {
  @Method()
  take(sku: string): void {
    throw new SoldOut(sku);
  }
}

@Service()
class Desk {
  constructor(@InjectClient(Shelf) private readonly shelf: Client<Shelf>) {}

  @Method()
  async why(sku: string): Promise<string> {
    try {
      await this.shelf.take(sku);
    } catch (error) {
      if (error instanceof SoldOut) return `no ${error.details.sku}`;
      throw error;
    }
    return "taken";
  }

  @Method()
  async take(sku: string): Promise<void> {
    await this.shelf.take(sku);
  }
}

test("a class that apps name in errors arrives as itself, at injected clients and in handlers that call on", async () => {
  const apps = memoryApps();
  const errors = [SoldOut];
  await apps.start({ services: [Shelf], errors });
  await apps.start({ services: [Desk], errors });
  const app = await apps.make({ errors });
  await assert.rejects(app.client(Shelf).take("tea"), (error) => {
    assert.ok(error instanceof SoldOut);
    assert.deepEqual(
      [error.code, error.message, error.details.sku, error.processed, error.origin],
      ["failed_precondition", "tea is sold out", "tea", "yes", "peer"],
    );
    return true;
  });
  const desk = app.client(Desk);
  assert.equal(await desk.why("tea"), "no tea");
  await assert.rejects(desk.take("tea"), { code: "unknown", reason: "HANDLER_ERROR" }, "passed on, it is another's");
  const unaware = (await apps.make({})).client(Shelf);
  await assert.rejects(unaware.take("tea"), (error) => {
    assert.ok(error instanceof RpcError && !(error instanceof SoldOut));
    assert.deepEqual([error.reason, error.details], ["SOLD_OUT", { sku: "tea" }]);
    return true;
  });
  await apps.stop();
});

test("what is no class of errors with a reason is refused by createApp, and named", async () => {
  class Nameless extends RpcError {}
  for (const [errors, message] of [
    [[Nameless], /Nameless needs a reason of its own/],
    [[SoldOut, SoldOut], /SoldOut is named twice/],
    [SoldOut, /errors must be an array/],
  ] as const) {
    const made = createApp({ errors, services: [Shelf], logger: false } as object);
    await assert.rejects(
      made.then((app) => app.start()),
      refusal("BAD_OPTION", message),
    );
  }
});
