import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { bind, createClient, createDispatcher } from "@rpc/core";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { serviceOf } from "./service-of.js";

@Service()
class Streams {
  @Method()
  async *countdown(from: number): AsyncGenerator<number> {
    while (from > 0) yield from--;
  }

  @Method({ stream: "server" })
  list(): AsyncIterable<number> {
    return this.countdown(3);
  }

  @Method({ stream: "client", idempotent: true })
  async sum(numbers: AsyncIterable<number>): Promise<number> {
    let sum = 0;
    for await (const each of numbers) sum += each;
    return sum;
  }

  @Method({ stream: "duplex" })
  async *double(numbers: AsyncIterable<number>): AsyncGenerator<number> {
    for await (const each of numbers) yield each * 2;
  }

  @Method({ stream: "client" })
  async upload(name: string, body: Readable): Promise<string> {
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    return `${name} ${body instanceof Readable} ${bytes}`;
  }

  @Method({ stream: "client" })
  async paste(body: ReadableStream<Uint8Array>): Promise<unknown> {
    return body.getReader().read();
  }

  @Method({ stream: "client", streamAs: ["iterable", "readable"] })
  async zip(names: AsyncIterable<string>, body: AsyncIterable<Uint8Array>): Promise<string> {
    for await (const name of names) return `${name} ${body instanceof Readable}`;
    return "none";
  }
}

const clientOf = () => {
  const service = serviceOf(Streams);
  return createClient(service, createDispatcher([bind(service, new Streams())]).invoke);
};

async function* three(): AsyncGenerator<number> {
  yield* [1, 2, 3];
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const item of items) read.push(item);
  return read;
}

describe("methods that stream", () => {
  test("an async generator is one by itself, and others as they say", () => {
    assert.deepEqual(
      serviceOf(Streams).methods.map(({ name, kind, idempotent, streamAs }) => [name, kind, idempotent, streamAs]),
      [
        ["countdown", "server", false, undefined],
        ["list", "server", false, undefined],
        ["sum", "client", true, undefined],
        ["double", "duplex", false, undefined],
        ["upload", "client", false, ["iterable", "readable"]],
        ["paste", "client", false, ["web"]],
        ["zip", "client", false, ["iterable", "readable"]],
      ],
    );
  });

  test("each is called as its type says", async () => {
    const client = clientOf();
    assert.deepEqual(await all(client.countdown(3)), [3, 2, 1]);
    assert.deepEqual(await all(client.list()), [3, 2, 1]);
    assert.equal(await client.sum(three()), 6);
    assert.deepEqual(await all(client.double(three())), [2, 4, 6]);
  });

  test("a method that declares a Readable or a ReadableStream gets one, whatever its caller gave", async () => {
    const client = clientOf();
    const bytes = Buffer.from("some bytes");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes;
      yield bytes;
    }
    assert.equal(await client.upload("a", chunks()), "a true 20");
    assert.equal(await client.upload("b", Readable.from([bytes], { objectMode: false })), "b true 10");
    assert.deepEqual(await client.paste(chunks()), { done: false, value: bytes });
    async function* names(): AsyncGenerator<string> {
      yield "first";
    }
    assert.equal(await client.zip(names(), chunks()), "first true");
  });

  test("what cannot be is told at the start, with what to write", () => {
    @Service()
    class Silent {
      @Method()
      async upload(_body: Readable): Promise<void> {}
    }
    @Service()
    class Web {
      @Method()
      async paste(_body: ReadableStream): Promise<void> {}
    }
    @Service()
    class HalfSaid {
      @Method()
      async *zip(_body: Readable): AsyncGenerator<number> {
        yield 1;
      }
    }
    @Service()
    class Wrong {
      @Method({ stream: "client" })
      async *countdown(): AsyncGenerator<number> {
        yield 1;
      }
    }
    @Service()
    class Returns {
      @Method()
      download(): Readable {
        return Readable.from([]);
      }
    }
    assert.throws(() => serviceOf(Silent), refusal("BAD_OPTION", "Silent.upload", "Readable", 'stream: "client"'));
    assert.throws(() => serviceOf(Web), refusal("BAD_OPTION", "Web.paste", "ReadableStream", 'stream: "client"'));
    assert.throws(() => serviceOf(HalfSaid), refusal("BAD_OPTION", "HalfSaid.zip", 'stream: "duplex"'));
    assert.throws(() => serviceOf(Wrong), refusal("BAD_OPTION", "Wrong.countdown", 'stream: "duplex"'));
    assert.throws(() => serviceOf(Returns), refusal("BAD_OPTION", "Returns.download", 'stream: "server"'));
  });

  test("an option that is none is told where the decorator stands", () => {
    assert.throws(
      () => Method({ stream: "both" as never })({ constructor: Streams }, "x", { value: () => {} } as never),
      {
        code: "invalid_argument",
        message: /stream must be "server" or "client" or "duplex"/,
      },
    );
    @Service()
    class Unary {
      @Method({ streamAs: "readable" })
      take(_value: string): void {}
    }
    assert.throws(() => serviceOf(Unary), refusal("BAD_OPTION", "Unary.take", "streamAs"));
  });
});
