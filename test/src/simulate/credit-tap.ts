import type { Duplex } from "node:stream";
import { flagBits, kinds } from "../wire/raw/numbers.js";
import { FrameTap, type Tapped } from "./frame-tap.js";

/** What one side of a stream, or of all of them, may send and has sent, as its other side counts it too. */
interface Account {
  /** Credit beside what the hello said. */
  credit: number;
  /** Bytes of items. */
  bytes: number;
  ended: boolean;
}

/** What a hello says of credit. */
interface FirstCredit {
  readonly streamBytes: number;
  readonly connectionBytes: number;
}

/** Credit of the connection is given back in steps of this share of it. */
const steps = 8;
const helloLimits = 4;

/**
 * Reads along at one end of a connection, and holds what it says to the protocol: no item without credit, never more
 * credit than was promised, nothing of a stream behind its end. Trusts nothing of the library's own counts.
 */
export class CreditTap {
  readonly #broken: (what: string) => void;
  readonly #said = new Map<string, Account>();
  readonly #heard = new Map<string, Account>();
  readonly #hears = new FrameTap((frame) => this.#onHeard(frame));
  #own: FirstCredit = { streamBytes: 0, connectionBytes: 0 };
  #peers: FirstCredit = { streamBytes: 0, connectionBytes: 0 };
  /** The most that the window of one stream may come to. */
  readonly #streamBytes: number;
  /** Over, so that nothing follows from what it says. */
  #closed = false;

  constructor(
    stream: Duplex,
    streamBytes: number,
    broken: (what: string) => void,
    saboteur?: { pass(bytes: Buffer): Buffer },
  ) {
    this.#broken = broken;
    this.#streamBytes = streamBytes;
    const says = new FrameTap((frame) => this.#onSaid(frame));
    const hears = this.#hears;
    const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
    const push = stream.push.bind(stream);
    stream.write = (chunk: Buffer, ...rest: unknown[]) => {
      const sent = saboteur === undefined ? chunk : saboteur.pass(chunk);
      says.add(sent);
      return write(sent, ...rest);
    };
    stream.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
      if (chunk !== null) hears.add(chunk);
      return push(chunk, encoding);
    };
    stream.once("close", () => {
      this.#closed = true;
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Where no stream is open any more, all of the connection's credit is back, but for less than a step. */
  checkRest(): void {
    const { connectionBytes } = this.#own;
    const { credit, bytes } = of(this.#heard, connection);
    const missingBytes = bytes - credit;
    if (missingBytes >= Math.max(1, Math.floor(connectionBytes / steps)))
      this.#broken(`keeps ${missingBytes} of ${connectionBytes} bytes of credit, and no stream is open`);
  }

  #onSaid(frame: Tapped): void {
    const { kind, target, id, body } = frame;
    if (kind === kinds.hello || kind === kinds.welcome) this.#own = creditIn(body);
    else if (kind === kinds.item) this.#onItem(frame);
    else if (kind === kinds.end) this.#onEnd(frame);
    else if (kind === kinds.error || kind === kinds.reject) this.#onEnd({ ...frame, target: 0 });
    else if (kind === kinds.credit) this.#onCredit(nameOf(frame), target, id, body.readUInt32BE(0));
  }

  #onHeard(frame: Tapped): void {
    const { kind, body, bytes } = frame;
    if (kind === kinds.hello || kind === kinds.welcome) this.#peers = creditIn(body);
    else if (kind === kinds.credit) of(this.#said, nameOf(frame)).credit += body.readUInt32BE(0);
    else if (kind === kinds.item) {
      of(this.#heard, connection).bytes += bytes;
      of(this.#heard, nameOf(frame)).bytes += bytes;
    }
  }

  #onItem(frame: Tapped): void {
    const name = nameOf(frame);
    const { streamBytes, connectionBytes } = this.#peers;
    for (const [account, firstBytes, what] of [
      [of(this.#said, name), streamBytes, `stream ${name}`],
      [of(this.#said, connection), connectionBytes, "the connection"],
    ] as const) {
      account.bytes += frame.bytes;
      const overBytes = account.bytes - account.credit - firstBytes;
      if (overBytes > 0) this.#broken(`sends ${overBytes} bytes more than there is credit of ${what} for`);
      if (account.ended) this.#broken(`sends an item of ${what} behind its end`);
    }
  }

  #onEnd(frame: Tapped): void {
    const account = of(this.#said, nameOf(frame));
    if (account.ended) this.#broken(`ends stream ${nameOf(frame)} twice`);
    account.ended = true;
  }

  #onCredit(name: string, target: number, id: number, bytes: number): void {
    const whole = id === 0 && target === 0;
    const account = of(this.#heard, whole ? connection : name);
    account.credit += bytes;
    // An item is counted as it comes in, before it is whole.
    const leftBytes = account.credit - account.bytes - this.#hears.partBytes;
    const mostBytes = whole ? 0 : this.#streamBytes;
    if (leftBytes > mostBytes) this.#broken(`gives ${leftBytes - mostBytes} bytes of credit too much of ${name}`);
  }
}

const connection = "of the connection";

function of(accounts: Map<string, Account>, name: string): Account {
  let account = accounts.get(name);
  if (account === undefined) {
    account = { credit: 0, bytes: 0, ended: false };
    accounts.set(name, account);
  }
  return account;
}

function nameOf({ flags, target, id }: Tapped): string {
  if (id === 0) return connection;
  return `${(flags & flagBits.acceptor) === 0 ? "d" : "a"}${id}/${target}`;
}

/** Reads the fields of a hello: tag u8, length u16, value. */
function creditIn(body: Buffer): FirstCredit {
  for (let at = 0; at + 3 <= body.length; at += 3 + body.readUInt16BE(at + 1)) {
    if (body[at] === helloLimits && body.readUInt16BE(at + 1) >= 24)
      return { streamBytes: body.readUInt32BE(at + 3 + 16), connectionBytes: body.readUInt32BE(at + 3 + 20) };
  }
  return { streamBytes: 0, connectionBytes: 0 };
}
