import { ambientCall } from "../ambient/index.js";
import { type Deadlines, deadlinesOf } from "../clock/deadlines.js";
import { systemClock } from "../clock/system-clock.js";
import type { Call, Invoke } from "../contract/call.js";
import type { Client } from "../contract/client.js";
import type { Clock } from "../contract/clock.js";
import type { Method, ServiceDescriptor } from "../contract/method.js";
import {
  type CallOptions,
  type CheckedOptions,
  checkOptions,
  checkTimeoutMs,
  defaultTimeoutMs,
  noOptions,
} from "./call-options.js";
import { ClientCall } from "./client-call.js";

export interface ClientOptions {
  /** How long a caller waits where neither the call nor the method says so, in ms. Defaults to 10 000. */
  readonly timeoutMs?: number;
  /** Defaults to the process's own. */
  readonly clock?: Clock;
}

/** What all clients made from one call of `createClient` share. */
interface Target {
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly timeoutMs: number;
}

/**
 * A client's class is made once for each descriptor: its methods stand on the prototype, and an instance holds where
 * its calls go and with what options. It is no proxy and no promise; logging it shows its name and sends nothing.
 */
abstract class Stub {
  readonly #target: Target;
  readonly #options: CheckedOptions;

  constructor(target: Target, options: CheckedOptions) {
    this.#target = target;
    this.#options = options;
  }

  static call(stub: Stub, method: Method, input: readonly unknown[]): Promise<unknown> {
    const { invoke, clock, deadlines, timeoutMs } = stub.#target;
    const options = stub.#options;
    const now = clock.now();
    const own = options.timeoutMs >= 0 ? options.timeoutMs : method.timeoutMs > 0 ? method.timeoutMs : timeoutMs;
    const parent: Call | undefined = ambientCall();
    const deadline = parent === undefined ? now + own : Math.min(now + own, parent.deadline);
    const priority = options.priority ?? (parent === undefined ? "normal" : parent.priority);
    return new ClientCall(method, now, input, deadline, priority, parent, options).start(invoke, deadlines);
  }

  static with(stub: Stub, options: CallOptions): Stub {
    return new (stub.constructor as StubClass)(stub.#target, checkOptions(options, stub.#options));
  }

  static is(value: unknown): value is Stub {
    return typeof value === "object" && value !== null && #target in value;
  }
}

type StubClass = new (target: Target, options: CheckedOptions) => Stub;

const classes = new WeakMap<ServiceDescriptor, StubClass>();

/**
 * Returns a typed client of a service, whose calls go to `invoke`: a connector's, or a dispatcher's with no network
 * between. Each method returns a promise that settles no later than its deadline.
 */
export function createClient<T>(service: ServiceDescriptor<T>, invoke: Invoke, options: ClientOptions = {}): Client<T> {
  const { timeoutMs = defaultTimeoutMs, clock = systemClock } = options;
  const target = { invoke, clock, deadlines: deadlinesOf(clock), timeoutMs: checkTimeoutMs(timeoutMs) };
  return new (classOf(service))(target, noOptions) as unknown as Client<T>;
}

/**
 * Returns the client with options for the calls made through it. Costs one small object; the client it was made from
 * keeps its own. Throws a TypeError where an option is of the wrong type.
 */
export function withOptions<C extends object>(client: C, options: CallOptions): C {
  if (!Stub.is(client)) throw new TypeError("withOptions wants a client, as createClient or an injection makes it");
  return Stub.with(client, options) as unknown as C;
}

function classOf(service: ServiceDescriptor): StubClass {
  let made = classes.get(service);
  if (made === undefined) {
    made = makeClass(service);
    classes.set(service, made);
  }
  return made;
}

function makeClass(service: ServiceDescriptor): StubClass {
  const made = class extends Stub {};
  Object.defineProperty(made, "name", { value: `${service.name}Client` });
  for (const method of service.methods) {
    const call = function (this: Stub, ...input: unknown[]): Promise<unknown> {
      return Stub.call(this, method, input);
    };
    Object.defineProperty(call, "name", { value: method.name });
    Object.defineProperty(made.prototype, method.name, { value: call, enumerable: false });
  }
  return made;
}
