import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import test, { type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { RpcError } from "../contract/errors.js";
import type { Address } from "../contract/registry.js";
import type { Transport } from "../contract/transport.js";

/** Addresses for the tests of a transport. */
export interface Places {
  /** Returns where to listen: a place that nobody has. */
  readonly anywhere: () => Address;
  /** Where nobody listens. */
  readonly nowhere: Address;
}

const { signal } = new AbortController();

/** Two ends of a stream; gone at the end of the test. */
async function pair(t: TestContext, transport: Transport, anywhere: string): Promise<[near: Duplex, far: Duplex]> {
  let accepted = (_far: Duplex): void => {};
  const accepting = new Promise<Duplex>((resolve) => {
    accepted = resolve;
  });
  const listener = await transport.listen(anywhere, accepted);
  const near = await transport.connect(listener.address, signal);
  const far = await accepting;
  for (const stream of [near, far]) stream.on("error", () => {});
  t.after(async () => {
    near.destroy();
    far.destroy();
    await listener.close();
  });
  return [near, far];
}

/** Resolves when a stream is closed, however that came. */
async function closed(stream: Duplex): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once("close", resolve));
}

/** Resolves when a stream is closed, to all it read before that. */
async function readAll(stream: Duplex): Promise<{ bytes: Buffer; ended: boolean; code: string | undefined }> {
  const chunks: Buffer[] = [];
  let ended = false;
  let code: string | undefined;
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    ended = true;
  });
  stream.on("error", (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  await closed(stream);
  return { bytes: Buffer.concat(chunks), ended, code };
}

/**
 * Declares the tests which every transport passes, so that what was tried over memory holds over it. The options that
 * a transport has besides are its own to test.
 */
export function transportSuite(name: string, make: () => Transport, { anywhere, nowhere }: Places): void {
  test(`${name}: bytes arrive in order, both ways at once`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n & 0xff));
    const read = [readAll(near), readAll(far)];
    for (let at = 0; at < sent.length; at += 7_001) {
      near.write(sent.subarray(at, at + 7_001));
      far.write(sent.subarray(at, at + 7_001));
    }
    near.end();
    far.end();
    for (const { bytes, ended } of await Promise.all(read)) {
      assert.ok(bytes.equals(sent));
      assert.ok(ended);
    }
  });

  test(`${name}: an end is answered with an end, so that no connection stays open by half`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    const read = [readAll(near), readAll(far)];
    near.end("last words");
    const [nearRead, farRead] = await Promise.all(read);
    assert.equal(farRead?.bytes.toString(), "last words");
    assert.deepEqual([farRead?.ended, farRead?.code], [true, undefined]);
    assert.deepEqual([nearRead?.ended, nearRead?.code], [true, undefined]);
  });

  test(`${name}: what was written and taken before a side was destroyed still arrives, and then the end`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    // A socket with unread input is reset when it is destroyed, and a transport may have sent words of its own.
    far.write("first words");
    await once(near, "data");
    await new Promise((resolve) => near.write("last words", resolve));
    const read = readAll(far);
    near.destroy();
    const { bytes, ended, code } = await read;
    assert.equal(bytes.toString(), "last words");
    assert.deepEqual([ended, code], [true, undefined]);
  });

  test(`${name}: destroying one side closes the other, in the middle of whatever it does`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    const read = readAll(far);
    const writing = setInterval(() => far.write(Buffer.alloc(1_000)), 1);
    near.destroy();
    await read;
    clearInterval(writing);
    assert.ok(far.destroyed);
    assert.ok(near.destroyed);
  });

  test(`${name}: destroying a side whose input was not read is a loss that the other side hears of`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    near.pause();
    const read = readAll(far);
    // More than the kernel holds.
    for (let written = 0; written < 16; written++) far.write(Buffer.alloc(1_000_000));
    await turn();
    near.destroy();
    const { code } = await read;
    assert.ok(code === "ECONNRESET" || code === "EPIPE", `it heard ${code}`);
  });

  test(`${name}: writing to who has gone fails the write and throws nowhere`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    far.destroy();
    await readAll(near);
    const error = await new Promise((resolve) => near.write("too late", resolve));
    assert.ok(error instanceof Error);
  });

  test(`${name}: who does not read slows down who writes, and loses nothing`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    far.pause();
    const piece = Buffer.alloc(1_000_000, 7);
    let taken = 0;
    const pieces = 40;
    const writing = (async () => {
      for (let n = 0; n < pieces; n++) {
        await new Promise<void>((resolve, reject) => near.write(piece, (error) => (error ? reject(error) : resolve())));
        taken++;
      }
      near.end();
    })();
    for (let turns = 0, before = -1; turns < 50 && before !== taken; turns++) {
      before = taken;
      for (let wait = 0; wait < 20; wait++) await turn();
    }
    assert.ok(taken < pieces, `${taken} of ${pieces} MB were taken with nobody reading`);
    const read = readAll(far);
    far.resume();
    await writing;
    assert.equal((await read).bytes.length, pieces * piece.length);
  });

  test(`${name}: a buffer may be used again once its write is done, since outboxes do so`, async (t) => {
    const [near, far] = await pair(t, make(), anywhere());
    far.pause();
    const buffer = Buffer.alloc(5_000, 1);
    await new Promise((resolve) => near.write(buffer, resolve));
    buffer.fill(2);
    near.end();
    const read = readAll(far);
    far.resume();
    const { bytes } = await read;
    assert.ok(bytes.equals(Buffer.alloc(5_000, 1)));
  });

  test(`${name}: connecting to nobody says so, with the address, and as certainly not sent`, async () => {
    await assert.rejects(make().connect(nowhere, signal), (error) => {
      assert.ok(error instanceof RpcError);
      assert.deepEqual([error.code, error.reason, error.processed], ["unavailable", "CONNECT_FAILED", "no"]);
      assert.equal(error.endpoint, nowhere);
      return error.message.includes(nowhere);
    });
  });

  test(`${name}: an attempt that is given up leaves nothing open`, async () => {
    const transport = make();
    const streams: Duplex[] = [];
    const listener = await transport.listen(anywhere(), (stream) => {
      stream.on("error", () => {});
      streams.push(stream);
    });
    await assert.rejects(transport.connect(listener.address, AbortSignal.abort(new Error("no"))), { message: "no" });
    const controller = new AbortController();
    const connecting = transport.connect(listener.address, controller.signal);
    controller.abort(new Error("not any more"));
    const outcome = await connecting.then(
      (stream) => stream,
      (error: Error) => error,
    );
    // Over memory it may have succeeded before.
    if (outcome instanceof Error) assert.equal(outcome.message, "not any more");
    else outcome.destroy();
    for (const stream of streams) {
      stream.resume();
      await closed(stream);
    }
    await listener.close();
  });

  test(`${name}: one listener has a place to itself, which is free again when it has closed`, async () => {
    const transport = make();
    const listener = await transport.listen(anywhere(), () => {});
    await assert.rejects(
      transport.listen(listener.address, () => {}),
      (error) => {
        assert.ok(error instanceof RpcError);
        assert.deepEqual(
          [error.code, error.reason, error.endpoint],
          ["unavailable", "LISTEN_FAILED", listener.address],
        );
        return true;
      },
    );
    await listener.close();
    await listener.close();
    const again = await transport.listen(listener.address, () => {});
    assert.equal(again.address, listener.address);
    await again.close();
  });

  test(`${name}: a listener that closes takes nobody any more and leaves those it took alone`, async (t) => {
    const transport = make();
    let far: Duplex | undefined;
    const listener = await transport.listen(anywhere(), (stream) => {
      far = stream;
    });
    const near = await transport.connect(listener.address, signal);
    t.after(() => {
      near.destroy();
      far?.destroy();
    });
    while (far === undefined) await turn();
    await listener.close();
    await assert.rejects(transport.connect(listener.address, signal), { reason: "CONNECT_FAILED" });
    near.write("still here");
    const [said] = (await once(far, "data")) as [Buffer];
    assert.equal(said.toString(), "still here");
  });

  test(`${name}: an acceptor is told who it was that came`, async (t) => {
    const transport = make();
    const remotes: string[] = [];
    const listener = await transport.listen(anywhere(), (stream, remote) => {
      stream.on("error", () => {});
      remotes.push(remote);
    });
    const near = await transport.connect(listener.address, signal);
    t.after(async () => {
      near.destroy();
      await listener.close();
    });
    while (remotes.length === 0) await turn();
    assert.match(remotes[0]!, new RegExp(`^${name}://.+`));
    assert.notEqual(remotes[0], listener.address);
  });
}
