import type { Clock } from "../contract/clock.js";
import type { DecodeLimits } from "../contract/codec.js";
import type { ConnectionLimits } from "../contract/limits.js";
import { protocolError } from "../wire/protocol-error.js";
import type { PartialBudget, Spender } from "./partial-budget.js";

/** Limits for decoding a message that was put together here: its memory is its own. */
export function ownedLimits({ depth, elements }: DecodeLimits): DecodeLimits {
  return { depth, elements, owned: true };
}

/** A message that arrives in parts. */
interface Assembly<T> extends Spender {
  readonly context: T;
  readonly totalBytes: number;
  /** At most `growth` times as large as what arrived. */
  bytes: Buffer;
  receivedBytes: number;
}

/** How much larger a message's memory is made where it is too small: each step copies what there is. */
const growth = 4;
/** What goes in parts is longer than this, in bytes, however much of its first frame is taken by fields. */
const shortestBytes = 32_768;
/** What is kept of a message beside its bytes: its call, and what it is kept in. */
export const leastContextBytes = 1_024;
const nothing = Buffer.alloc(0);
/** Stands for the table until a message is begun: most connections never see one. Nothing is ever put in. */
const noneBegun = new Map<number, never>();

/**
 * Messages begun by the peer and not ended, by call id. Memory grows by what arrives; what was announced only counts
 * against the bound of the connection.
 */
export class Assemblies<T> {
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #budget: PartialBudget | undefined;
  readonly #onEvicted: ((context: T) => void) | undefined;
  #begun: Map<number, Assembly<T>> = noneBegun;
  #announcedBytes = 0;
  #progressAt = 0;

  /** `onEvicted` is called with a message that was given up since `budget`, which others share, has no room for it. */
  constructor(
    limits: ConnectionLimits,
    clock: Clock,
    budget: PartialBudget | undefined = undefined,
    onEvicted: ((context: T) => void) | undefined = undefined,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#budget = budget;
    this.#onEvicted = onEvicted;
  }

  /** Messages that were begun and have not ended. */
  get size(): number {
    return this.#begun.size;
  }

  /** Since when no part has arrived though one is owed, in ms on the clock; Infinity where none is. */
  get waitingSince(): number {
    return this.#begun.size === 0 ? Number.POSITIVE_INFINITY : this.#progressAt;
  }

  /** Begins a message with its first part; `contextBytes` is about what its context holds. Throws where the peer begins more than it was told to. */
  begin(
    id: number,
    totalBytes: number,
    context: T,
    bytes: Buffer,
    start: number,
    end: number,
    contextBytes = leastContextBytes,
  ): void {
    const overfull = this.#announcedBytes + totalBytes > this.#limits.partialBytes && this.#begun.size > 0;
    if (overfull || this.#begun.size >= mostBegun(this.#limits)) {
      throw protocolError(
        "PARTIAL_LIMIT",
        `more messages were begun in parts than limits.partialBytes ${this.#limits.partialBytes} allows, ${mostBegun(this.#limits)} at most`,
        "resource_exhausted",
      );
    }
    const assembly: Assembly<T> = {
      context,
      totalBytes,
      bytes: nothing,
      receivedBytes: 0,
      heldBytes: 0,
      over: false,
      evict: () => {
        this.drop(id);
        this.#onEvicted?.(context);
      },
    };
    this.#announcedBytes += totalBytes;
    if (this.#begun === noneBegun) this.#begun = new Map();
    this.#begun.set(id, assembly);
    if (this.#budget !== undefined) {
      this.#budget.begin(assembly);
      this.#budget.spend(assembly, contextBytes);
      if (assembly.over) return;
    }
    this.#progressAt = this.#clock.now();
    this.#append(assembly, bytes, start, end);
  }

  /** Adds a part. Returns the message when it was the last, undefined before that or where the id is not being assembled. */
  add(id: number, last: boolean, bytes: Buffer, start: number, end: number): { context: T; body: Buffer } | undefined {
    const assembly = this.#begun.get(id);
    if (assembly === undefined) return undefined;
    this.#append(assembly, bytes, start, end);
    if (!last || assembly.over) return undefined;
    if (assembly.receivedBytes !== assembly.totalBytes) {
      throw protocolError("WRONG_LENGTH", "a message in parts is shorter than was announced");
    }
    this.drop(id);
    return { context: assembly.context, body: assembly.bytes };
  }

  /** Throws where a message under this id is owed further parts: another one must not come in their place. */
  refuseAnother(id: number): void {
    if (this.#begun.size > 0 && this.#begun.has(id))
      throw protocolError("WRONG_LENGTH", "another answer came in place of the parts that one of them still lacks");
  }

  /** Forgets a message; parts that still come find nothing. Returns its context, where it was begun. */
  drop(id: number): T | undefined {
    const assembly = this.#begun.get(id);
    if (assembly === undefined) return undefined;
    this.#begun.delete(id);
    this.#announcedBytes -= assembly.totalBytes;
    this.#budget?.end(assembly);
    return assembly.context;
  }

  /** Forgets all: the connection is gone. Returns their contexts. */
  dropAll(): T[] {
    return [...this.#begun.keys()].map((id) => this.drop(id)!);
  }

  #append(assembly: Assembly<T>, bytes: Buffer, start: number, end: number): void {
    // A part without a byte is no progress.
    if (start === end) return;
    const { totalBytes, receivedBytes } = assembly;
    const needed = receivedBytes + end - start;
    if (needed > totalBytes) {
      throw protocolError("WRONG_LENGTH", "a message in parts is longer than was announced");
    }
    if (needed > assembly.bytes.length) {
      const size = Math.min(totalBytes, Math.max(needed, assembly.bytes.length * growth));
      this.#budget?.spend(assembly, size - assembly.bytes.length);
      if (assembly.over) return;
      const grown = Buffer.allocUnsafeSlow(size);
      assembly.bytes.copy(grown, 0, 0, receivedBytes);
      assembly.bytes = grown;
    }
    bytes.copy(assembly.bytes, receivedBytes, start, end);
    assembly.receivedBytes = needed;
    this.#progressAt = this.#clock.now();
  }
}

/** How many may be begun: calls with streams and oneway calls are no part of those in flight, so that their size bounds them. */
function mostBegun({ inFlight, partialBytes }: ConnectionLimits): number {
  return inFlight + Math.floor(partialBytes / shortestBytes);
}
