import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bind, connect, createClient, createDispatcher, currentCall, defineService, serve } from "@rpc/core";
import { closedAtEnd } from "../wire/ground/at-end.js";
import { failed } from "../wire/ground/failed.js";
import { inMemory } from "../wire/ground/grounds.js";
import { failing, numbers, readAll } from "./ground/items.js";

interface Served {
  one(): number;
  all(): AsyncIterable<number>;
  sum(numbers: AsyncIterable<number>): number;
}
interface Meant {
  one(): AsyncIterable<number>;
  all(): number;
  sum(numbers: AsyncIterable<number>): AsyncIterable<number>;
}
const ServedService = defineService<Served>("Kinds", { one: {}, all: { stream: "server" }, sum: { stream: "client" } });
const MeantService = defineService<Meant>("Kinds", { one: { stream: "server" }, all: {}, sum: { stream: "duplex" } });

let ran = 0;
const binding = bind(ServedService, { one: () => ++ran, all: () => numbers(ran++), sum: () => ++ran });

const places = {
  "a connection": async (t: Parameters<typeof closedAtEnd>[0]) => {
    const { listen, transports } = inMemory();
    const server = await serve({ services: [binding], listen, transports });
    closedAtEnd(t, server);
    const connector = connect({ address: server.address, transports });
    closedAtEnd(t, connector);
    return connector.client(MeantService);
  },
  "a dispatcher": async () => createClient(MeantService, createDispatcher([binding]).invoke),
};

describe("a client and a server that do not agree on what streams", () => {
  for (const [where, open] of Object.entries(places)) {
    test(`fail over ${where} before anything is sent, and are told what each of them says`, async (t) => {
      const client = await open(t);
      const errors = [
        (await failing(client.one())).error,
        await failed(client.all()),
        (await failing(client.sum(numbers(1)))).error,
      ];
      assert.deepEqual(
        errors.map(({ code, reason, processed, origin }) => [code, reason, processed, origin].join(" ")),
        Array(3).fill("failed_precondition KIND_MISMATCH no local"),
      );
      const kinds = errors.map(({ message }) => message.match(/"\w+"/g));
      assert.deepEqual(kinds, [
        ['"unary"', '"server"'],
        ['"server"', '"unary"'],
        ['"client"', '"duplex"'],
      ]);
      assert.equal(ran, 0);
    });
  }

  test("fail where a bare invoke is served that is not told of streams", async (t) => {
    const { listen, transports } = inMemory();
    const server = await serve({ invoke: async () => ++ran, listen, transports });
    closedAtEnd(t, server);
    const connector = connect({ address: server.address, transports });
    closedAtEnd(t, connector);
    const { error } = await failing(connector.client(ServedService).all());
    assert.deepEqual([error.reason, error.processed], ["KIND_MISMATCH", "no"]);
  });
});

describe("a bare invoke that is told what streams", () => {
  const behind = createDispatcher([
    bind(ServedService, {
      one: () => 1,
      all: () => numbers(3),
      sum: async (all) => {
        let sum = 0;
        for await (const each of all) sum += each;
        return sum;
      },
    }),
  ]);

  for (const ambient of [false, true]) {
    test(`serves results and arguments that stream${ambient ? ", with the call at hand" : ""}`, async (t) => {
      const { listen, transports } = inMemory();
      const paths: string[] = [];
      const server = await serve({
        invoke: (call) => {
          paths.push(ambient ? currentCall().method.path : call.method.path);
          return behind.invoke(call);
        },
        methodOptions: (service, name) => {
          if (name === "sum") return { stream: "client", idempotent: true };
          if (name === "one") throw new Error("there is none");
          return service === "Kinds" ? { stream: "server" } : undefined;
        },
        ambient,
        listen,
        transports,
      });
      closedAtEnd(t, server);
      const connector = connect({ address: server.address, transports });
      closedAtEnd(t, connector);
      const client = connector.client(ServedService);
      assert.deepEqual((await readAll(client.all())).items, [0, 1, 2]);
      assert.equal(await client.sum(numbers(4)), 6);
      assert.equal((await failed(client.one())).reason, "NO_METHOD");
      assert.deepEqual(paths, ["/Kinds/all", "/Kinds/sum"]);
    });
  }

  test("fails a call where it returns no stream", async (t) => {
    const { listen, transports } = inMemory();
    const server = await serve({
      invoke: async () => 1,
      methodOptions: () => ({ stream: "server" }),
      listen,
      transports,
    });
    closedAtEnd(t, server);
    const connector = connect({ address: server.address, transports });
    closedAtEnd(t, connector);
    const { error } = await failing(connector.client(ServedService).all());
    assert.equal(error.reason, "NO_STREAM_RETURNED");
  });
});
