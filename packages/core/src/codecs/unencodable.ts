import { RpcError } from "../contract/errors.js";

const maxSteps = 24;
const maxNameLength = 40;

/**
 * Why a value cannot be encoded, on its way out of the codec. Each level of nesting that it passes adds its step, so
 * that a value which can be encoded pays nothing for the path. Not an `Error`: it needs no stack, and never gets out.
 */
export class Unencodable {
  readonly #what: string;
  readonly #cause: unknown;
  readonly #reason: string;
  /** From the inside out. */
  readonly #steps: string[] = [];

  /** `what` completes "the value at … ", e.g. "is a function". */
  constructor(what: string, cause?: unknown, reason = "ENCODE_FAILED") {
    this.#what = what;
    this.#cause = cause;
    this.#reason = reason;
  }

  /** Adds where in the level around it the value was: an index, a property's name, or a step as it is to be shown. */
  within(place: number | string): this {
    this.#steps.push(typeof place === "number" ? `[${place}]` : place);
    return this;
  }

  /** Returns the error for whoever called the codec: `invalid_argument` / `ENCODE_FAILED`, of a stream `STREAM_NOT_DECLARED`. */
  toError(): RpcError {
    const what = `cannot encode ${this.#path()}: it ${this.#what}`;
    return new RpcError("invalid_argument", what, { reason: this.#reason, processed: "no", cause: this.#cause });
  }

  #path(): string {
    const steps = this.#steps.reverse();
    if (steps.length > maxSteps) steps.splice(maxSteps / 2, steps.length - maxSteps, "…");
    return `value${steps.join("")}`;
  }
}

/** An error of the sink, carried past the levels that would take it for one of the value's. */
export class SinkRefused {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }

  within(): this {
    return this;
  }
}

/** Returns a property's name as a step of a path: `.name`, or `["a name"]` where a dot does not do. */
export function property(name: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(name) && name.length <= maxNameLength) return `.${name}`;
  const short = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
  return `[${JSON.stringify(short)}]`;
}

/** Returns what a level of nesting throws on when `thrown` passes it: code of the value's own may have thrown anything. */
export function passing(thrown: unknown): Unencodable | SinkRefused {
  if (thrown instanceof Unencodable || thrown instanceof SinkRefused) return thrown;
  if (isStackOverflow(thrown)) return new Unencodable("is nested too deep for this process's stack", thrown);
  return new Unencodable("could not be read: code of the value's own threw (see cause)", thrown);
}

/** Returns the error that leaves the codec for what was thrown inside it. */
export function encodeError(thrown: unknown): unknown {
  const out = passing(thrown);
  return out instanceof SinkRefused ? out.error : out.toError();
}

function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message === "Maximum call stack size exceeded";
}
