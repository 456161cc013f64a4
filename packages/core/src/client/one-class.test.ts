import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineService } from "../service/define-service.js";
import { createClient } from "./create-client.js";

interface Arith {
  add(a: number, b: number): number;
  count(): AsyncIterable<number>;
}

describe("the class of a client", () => {
  const answer = async (): Promise<unknown> => 1;
  const described = (timeoutMs: number, name = "Arith") =>
    defineService<Arith>(name, { add: { timeoutMs }, count: { stream: "server" } });

  test("is one for descriptors of the same service and methods, whoever wrote them; each client keeps its own options", async () => {
    const seen: (string | number)[] = [];
    const invoke = async (call: { method: { timeoutMs: number; path: string } }): Promise<unknown> => {
      seen.push(call.method.timeoutMs, call.method.path);
      return answer();
    };
    const [one, other] = [5_000, 6_000].map((timeoutMs) => createClient(described(timeoutMs), invoke as never));
    assert.equal(one!.constructor, other!.constructor);
    await one!.add(1, 2);
    await other!.add(1, 2);
    assert.deepEqual(seen, [5_000, "/Arith/add", 6_000, "/Arith/add"]);
  });

  test("is another for another name, another order, and a method that streams", () => {
    const classOf = (service: ReturnType<typeof described>): unknown =>
      createClient(service, answer as never).constructor;
    const others = [
      described(1, "Other"),
      defineService<Arith>("Arith", { count: { stream: "server" }, add: {} }),
      defineService<Arith>("Arith", { add: {}, count: {} } as never),
    ];
    for (const other of others) assert.notEqual(classOf(other), classOf(described(1)));
  });
});
