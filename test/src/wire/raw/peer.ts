import assert from "node:assert/strict";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Code, type CodeName } from "@rpc/core";
import { hex } from "./bytes.js";
import { bytesOf, type Frame } from "./frames.js";
import { fromMsgpack } from "./msgpack.js";
import { type KindName, preface } from "./numbers.js";
import { cutFrames, type Received, shown } from "./received.js";

/** How long anything that was expected may take to come, in ms: long enough for a machine that is busy with other things. */
const patienceMs = 10_000;

/** What an expected frame must be like; what is left out may be anything. */
export interface Like {
  readonly id?: number;
  readonly flags?: number;
  readonly target?: number;
  readonly body?: Buffer;
  /** The body, decoded. */
  readonly value?: unknown;
  readonly code?: CodeName;
  readonly reason?: string;
  readonly processed?: "no" | "maybe" | "yes";
  readonly message?: RegExp;
}

/** How a stream came to its end: the other side ended it, or tore it down. */
export type Ending = "end" | "reset";

/**
 * One end of a byte stream in the hands of a test: says frames, right or wrong, and expects frames. What it receives it
 * keeps in order; what is expected takes the oldest.
 */
export class RawPeer {
  /** Bytes that came, the preface included. */
  receivedBytes = 0;
  readonly #stream: Duplex;
  readonly #chunks: Buffer[] = [];
  readonly #frames: Received[] = [];
  #rest = Buffer.alloc(0);
  #prefaceSeen = false;
  #ending: Ending | undefined;
  #changed: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("end", () => this.#end("end"));
    stream.on("error", () => this.#end("reset"));
    stream.on("close", () => this.#end("reset"));
  }

  /** All that came, from the first byte on. */
  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Sends frames, or bytes as they are, in one piece. */
  send(...what: readonly (Frame | Buffer)[]): this {
    this.#stream.write(Buffer.concat(what.map((each) => (Buffer.isBuffer(each) ? each : bytesOf(each)))));
    return this;
  }

  /** Sends bytes said in hex. */
  bytes(digits: string): this {
    return this.send(hex(digits));
  }

  /** Sends bytes in pieces of `size`, each a write of its own. */
  pieces(bytes: Buffer, size: number): this {
    for (let at = 0; at < bytes.length; at += size) this.#stream.write(bytes.subarray(at, at + size));
    return this;
  }

  /** Takes the next frame, which must be of this kind and like this. Resolves to it. */
  async expect(kind: KindName | number, like: Like = {}): Promise<Received> {
    const received = await this.next(`${kind} ${JSON.stringify(like)}`);
    const is = shown(received);
    assert.equal(received.kind, kind, `expected ${kind} ${JSON.stringify(like)}, got ${is}`);
    const { value, code, reason, processed, message, ...plain } = like;
    for (const [name, wanted] of Object.entries(plain)) {
      assert.deepEqual(received[name as keyof Received], wanted, `${name} of ${is}`);
    }
    if ("value" in like) assert.deepEqual(fromMsgpack(received.body), value, `value of ${is}`);
    if (code !== undefined) assert.equal(received.fault?.code, Code[code], `code of ${is}`);
    if (reason !== undefined) assert.equal(received.fault?.reason, reason, `reason of ${is}`);
    if (processed !== undefined) assert.equal(received.fault?.processed, processed, `processed of ${is}`);
    if (message !== undefined) assert.match(received.fault?.message ?? "", message);
    return received;
  }

  /** Takes a close frame with this reason, and then the end, with nothing between. Resolves to the frame. */
  async expectClose(reason: string, like: Like = {}): Promise<Received> {
    const received = await this.expect("close", { reason, ...like });
    await this.expectEnd();
    return received;
  }

  /** Waits for the end, before which no frame may come that was not taken. */
  async expectEnd(): Promise<Ending> {
    await this.#until(() => this.#frames.length > 0 || this.#ending !== undefined, "the end");
    const [unexpected] = this.#frames;
    assert.equal(unexpected && shown(unexpected), undefined, "expected the end");
    return this.#ending!;
  }

  /** Takes the next frame, whatever it is. Rejects at the end. */
  async next(what = "a frame"): Promise<Received> {
    await this.#until(() => this.#frames.length > 0 || this.#ending !== undefined, what);
    const [received] = this.#frames.splice(0, 1);
    assert.ok(received, `expected ${what}, got the end (${this.#ending})`);
    return received;
  }

  /** Takes every frame that comes before the end. */
  async rest(): Promise<Received[]> {
    await this.#until(() => this.#ending !== undefined, "the end");
    return this.#frames.splice(0);
  }

  /** Takes every frame that is here. */
  waiting(): Received[] {
    return this.#frames.splice(0);
  }

  /** Reads no more: what the other side sends piles up. */
  stopReading(): void {
    this.#stream.pause();
  }

  goOnReading(): void {
    this.#stream.resume();
  }

  /** Says no more, and leaves it at that. */
  cut(): void {
    this.#stream.end();
  }

  /** Tears the connection down. */
  reset(): void {
    if (this.#stream instanceof Socket) this.#stream.resetAndDestroy();
    else this.#stream.destroy(Object.assign(new Error("torn down by the test"), { code: "ECONNRESET" }));
  }

  /** Goes away without a word about how. Resolves when nothing of it is left. */
  async gone(): Promise<void> {
    this.#stream.destroy();
    await this.#until(() => this.#stream.closed, "its own end");
  }

  #take(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#chunks.push(Buffer.from(chunk));
    let bytes = Buffer.concat([this.#rest, chunk]);
    if (!this.#prefaceSeen && bytes.length >= preface.length) {
      assert.deepEqual(bytes.subarray(0, preface.length), preface, "the first bytes are the preface");
      bytes = bytes.subarray(preface.length);
      this.#prefaceSeen = true;
    }
    const { frames, rest } = this.#prefaceSeen ? cutFrames(bytes) : { frames: [], rest: bytes };
    this.#frames.push(...frames);
    this.#rest = Buffer.from(rest);
    this.#changed?.();
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#changed?.();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => {
        this.#changed = undefined;
        reject(new Error(`waited ${patienceMs} ms for ${what}`));
      }, patienceMs);
      this.#changed = () => {
        if (!condition()) return;
        this.#changed = undefined;
        clearTimeout(patience);
        resolve();
      };
    });
  }
}
