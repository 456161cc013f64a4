import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type NewConnection, type RpcError, withOptions } from "@rpc/core";
import { failed } from "../wire/ground/failed.js";
import { until } from "../wire/ground/until.js";
import { streamGrounds } from "./ground/grounds.js";
import { failing, notice, numbers, readAll } from "./ground/items.js";

const bytes = randomBytes(1_000_003);
const hashOf = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "rpc-streams-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** In pieces of odd sizes. */
async function* pieces(data: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0, size = 1; at < data.length; at += size, size = (size * 7) % 200_003)
    yield data.subarray(at, at + size);
}

async function whole(items: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const item of items) all.push(item);
  return Buffer.concat(all);
}

const webStream = (): ReadableStream<Uint8Array> => ReadableStream.from(pieces(bytes)) as ReadableStream<Uint8Array>;

for (const ground of streamGrounds) {
  describe(`files and bytes in streams over ${ground.name}`, () => {
    test("a file goes up as a Readable, a ReadableStream or a generator of bytes, to a handler that gets a Readable", async (t) => {
      const path = join(folder(t), "file");
      writeFileSync(path, bytes);
      const { client } = await ground.open(t, {
        upload: async (name, body) => {
          assert.ok(body instanceof Readable);
          return [name, hashOf(await whole(body))];
        },
      });
      for (const [name, body] of [
        ["file", createReadStream(path)],
        ["web", webStream()],
        ["generator", pieces(bytes)],
        ["through", pipelined()],
      ] as const) {
        assert.deepEqual(await client.upload(name, body), [name, hashOf(bytes)]);
      }
      function pipelined(): PassThrough {
        const through = new PassThrough();
        void pipeline(Readable.from(pieces(bytes)), through);
        return through;
      }
    });

    // Within the process items are handed over as they are.
    if (ground.wired)
      test("a generator may use its memory again for the next item, and what was read is its reader's for good", async (t) => {
        const sizes = Array.from(
          { length: 30 },
          (_, index) => [70, 30_000, 65_536, 66_000, 65_520, 130_000][index % 6]!,
        );
        // Every item is kept until the end; a reader that pauses makes items wait for credit, cut in parts or whole.
        const paused = async (items: AsyncIterable<unknown>): Promise<Buffer[]> => {
          const all: Buffer[] = [];
          for await (const item of items) {
            all.push(item as Buffer);
            if (all.length % 5 === 0) for (let turns = 0; turns < 4; turns++) await turn();
          }
          return all;
        };
        async function* again(first: number): AsyncGenerator<Buffer> {
          const memory = Buffer.alloc(130_000);
          for (const [index, size] of sizes.entries()) yield memory.fill(first + index).subarray(0, size);
        }
        const check = (items: readonly Buffer[], first: number): void => {
          assert.equal(items.length, sizes.length);
          for (const [index, item] of items.entries())
            assert.ok(item.equals(Buffer.alloc(sizes[index]!, first + index)), `item ${index + 1}`);
        };
        const { client } = await ground.open(t, {
          give: () => again(1),
          take: async (items) => check(await paused(items), 101),
        });
        const [one, other] = await Promise.all([paused(client.give()), paused(client.give()), client.take(again(101))]);
        check(one, 1);
        check(other, 1);
      });

    test("a handler that declares a ReadableStream gets one", async (t) => {
      const { client } = await ground.open(t, {
        paste: async (body) => {
          assert.ok(body instanceof ReadableStream);
          return hashOf(await whole(body as AsyncIterable<Uint8Array>));
        },
      });
      assert.equal(await client.paste(Readable.from(pieces(bytes), { objectMode: false })), hashOf(bytes));
      assert.equal(await client.paste(webStream()), hashOf(bytes));
    });

    test("a file comes down from whatever a handler returns, and becomes a Readable in a line", async (t) => {
      const path = join(folder(t), "file");
      writeFileSync(path, bytes);
      const { client } = await ground.open(t, {
        download: (name) => {
          switch (name) {
            case "file":
              return createReadStream(path);
            case "web":
              return webStream();
            default:
              return pieces(bytes);
          }
        },
      });
      for (const name of ["file", "web", "generator"]) {
        assert.equal(hashOf(await whole(client.download(name))), hashOf(bytes), name);
      }
      const copy = `${path}.copy`;
      await pipeline(Readable.from(client.download("file"), { objectMode: false }), createWriteStream(copy));
      assert.equal(hashOf(await readFile(copy)), hashOf(bytes));
    });

    test("pieces of sources are cut to what fits a frame", async (t) => {
      const sizes: number[] = [];
      const { client } = await ground.open(t, {
        upload: async () => 0,
        download: () => Readable.from([bytes], { objectMode: false, highWaterMark: bytes.length }),
        take: async (items) => {
          for await (const item of items) sizes.push((item as Uint8Array).length);
          return sizes.length;
        },
      });
      const inOnePiece = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes);
          controller.close();
        },
      });
      await client.take(inOnePiece);
      for await (const item of client.download()) sizes.push(item.length);
      assert.equal(
        sizes.reduce((sum, size) => sum + size),
        2 * bytes.length,
      );
      assert.ok(Math.max(...sizes) <= 65_536, `${Math.max(...sizes)} bytes in one piece`);
    });

    test("a Readable made of a result cancels the call when it is destroyed", async (t) => {
      const log: { left?: boolean } = {};
      const { client } = await ground.open(t, {
        async *download() {
          try {
            for (;;) yield bytes.subarray(0, 10_000);
          } finally {
            log.left = true;
          }
        },
      });
      const readable = Readable.from(client.download(), { objectMode: false });
      await new Promise((resolve) => readable.once("data", resolve));
      readable.destroy();
      await until("the generator has ended", () => log.left === true);
    });

    test("a source is destroyed when its call ends, read or not", async (t) => {
      const { client } = await ground.open(t, {
        upload: async (name, body) => {
          if (name === "a little") for await (const _ of body) break;
          return name;
        },
        once: async () => 1,
      });
      for (const name of ["a little", "nothing"]) {
        const file = new Readable({ read: () => void file.push(Buffer.alloc(10_000)) });
        assert.equal(await client.upload(name, file), name);
        await until("the source was destroyed", () => file.destroyed);
        let reason: unknown;
        const web = new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(Buffer.alloc(10_000)),
          cancel: () => {
            reason = "cancelled";
          },
        });
        assert.equal(await client.upload(name, web), name);
        await until("the web's source was cancelled", () => reason === "cancelled");
      }
      const refused = new Readable({ read: () => {} });
      await failed(withOptions(client, { timeoutMs: 0 }).upload("late", refused));
      assert.equal(refused.destroyed, true);
    });

    test("a result's source is destroyed when its caller leaves", async (t) => {
      const sources: Readable[] = [];
      const { client } = await ground.open(t, {
        download: () => {
          const source = new Readable({ read: () => void source.push(Buffer.alloc(10_000)) });
          sources.push(source);
          return source;
        },
      });
      for await (const _ of client.download()) break;
      await until("the source was destroyed", () => sources[0]?.destroyed === true);
    });

    test("a source that fails, or that is destroyed, fails the call", async (t) => {
      const { client } = await ground.open(t, {
        upload: async (_name, body) => (await whole(body)).length,
        download: (name) => {
          const source = new Readable({ read: () => {} });
          source.push(Buffer.alloc(10));
          setImmediate(() => source.destroy(name === "error" ? new Error("disk") : undefined));
          return source;
        },
      });
      const missing = createReadStream("/nowhere/at/all");
      const error = await failed(client.upload("x", missing));
      assert.deepEqual(
        [error.reason, (error.cause as NodeJS.ErrnoException).code],
        ["ARGUMENT_STREAM_FAILED", "ENOENT"],
      );
      for (const name of ["error", "destroyed"]) {
        const told = (await failing(client.download(name))).error;
        assert.deepEqual([told.code, told.reason], ["unknown", "HANDLER_ERROR"]);
      }
    });

    test("a handler's Readable fails when its caller goes, whether somebody listens or not", async (t) => {
      const { told, tell } = notice<unknown>();
      const caller = new AbortController();
      let silent: Readable | undefined;
      const { client } = await ground.open(t, {
        upload: async (name, body) => {
          if (name === "silent") {
            silent = body;
            body.resume();
          } else {
            void whole(body).catch(tell);
          }
          caller.abort();
          await new Promise(() => {});
        },
      });
      const hanging = (): Readable => new Readable({ read: () => {} });
      const cancelled = withOptions(client, { signal: caller.signal });
      await failed(cancelled.upload("heard", hanging()));
      if (!ground.wired) assert.equal(((await told) as RpcError).code, "cancelled");
      await failed(client.upload("silent", createReadStream("/nowhere/at/all")));
      if (silent !== undefined) await until("it was destroyed", () => silent?.destroyed === true);
    });

    for (const [how, begin] of [
      ["untouched", () => {}],
      ["paused", (body: Readable) => void body.on("readable", () => {})],
    ] as const)
      test(`a handler that waits for its Readable to close goes on when its caller goes, though it left it ${how}`, async (t) => {
        const caller = new AbortController();
        const closed = notice<RpcError>();
        let handed: Readable | undefined;
        const { client } = await ground.open(t, {
          upload: async (_name, body) => {
            handed = body;
            begin(body);
            await new Promise((resolve) => body.once("close", resolve));
            closed.tell(body.errored as RpcError);
          },
        });
        const endless = new Readable({ read: () => void endless.push(Buffer.alloc(10_000)) });
        const outcome = failed(withOptions(client, { signal: caller.signal }).upload("x", endless));
        await until("it holds all it wants", () => handed !== undefined && (how === "untouched" || full(handed)));
        caller.abort();
        assert.equal((await outcome).code, "cancelled");
        await until("it was destroyed", () => handed?.destroyed === true);
        assert.equal((await closed.told).code, "cancelled");
        function full({ readableLength, readableHighWaterMark }: Readable): boolean {
          return readableLength >= readableHighWaterMark;
        }
      });

    if (ground.wired)
      test("a handler that waits for its Readable to close goes on when its connection is lost", async (t) => {
        const closed = notice<RpcError>();
        const begun = notice();
        let handed: Readable | undefined;
        const sockets: Duplex[] = [];
        const { client } = await ground.open(
          t,
          {
            upload: async (_name, body) => {
              handed = body;
              begun.tell();
              await new Promise((resolve) => body.once("close", resolve));
              closed.tell(body.errored as RpcError);
            },
          },
          { calling: { onConnect: ({ stream }: NewConnection) => void sockets.push(stream) } },
        );
        const endless = new Readable({ read: () => void endless.push(Buffer.alloc(10_000)) });
        const outcome = failed(client.upload("x", endless));
        await begun.told;
        for (const socket of sockets) socket.destroy();
        await outcome;
        await until("it was destroyed", () => handed?.destroyed === true);
        assert.equal((await closed.told).reason, "CONNECTION_LOST");
      });

    test("an item that is null is no end of the bytes: what was cut there is not taken for whole", async (t) => {
      const { client } = await ground.open(t, { upload: async (_name, body) => (await whole(body)).toString() });
      async function* cut(): AsyncGenerator<Buffer | null> {
        yield Buffer.from("one");
        yield null;
        yield Buffer.from("two");
      }
      const error = await failed(client.upload("x", cut() as never));
      assert.deepEqual([error.code, error.reason], ["unknown", "HANDLER_ERROR"]);
    });

    test("backpressure goes through a Readable on either side", async (t) => {
      let produced = 0;
      const source = new Readable({
        read: () => {
          produced += 16_384;
          source.push(Buffer.alloc(16_384));
        },
      });
      const reached = notice();
      const { client } = await ground.open(t, {
        upload: async (_name, body) => {
          await new Promise((resolve) => body.once("data", resolve));
          body.pause();
          for (let quiet = 0, before = -1; quiet < 30; quiet++) {
            if (produced !== before) quiet = 0;
            before = produced;
            await new Promise((resolve) => setImmediate(resolve));
          }
          reached.tell();
          return produced;
        },
      });
      assert.ok(((await client.upload("slow", source)) as number) < 2 * 1_024 * 1_024);
      await reached.told;
    });

    test("objects may stream from a Readable too", async (t) => {
      const { client } = await ground.open(t, {
        give: () => Readable.from(numbers(5)),
        take: async (items) => (await readAll(items)).items,
      });
      assert.deepEqual((await readAll(client.give())).items, [0, 1, 2, 3, 4]);
      assert.deepEqual(await client.take(Readable.from([{ a: 1 }, "b"])), [{ a: 1 }, "b"]);
    });
  });
}
