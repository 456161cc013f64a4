import { ambientCall } from "../ambient/index.js";
import { deadlinesOf } from "../clock/deadlines.js";
import { systemClock } from "../clock/system-clock.js";
import type { Call, Invoke, NestedCall } from "../contract/call.js";
import type { Batched, Client, Oneway } from "../contract/client.js";
import type { Clock } from "../contract/clock.js";
import { RpcError } from "../contract/errors.js";
import type { Method, ServiceDescriptor } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import {
  type BatchCalls,
  type CallOptions,
  type CheckedOptions,
  checkOptions,
  checkTimeoutMs,
  defaultTimeoutMs,
  noOptions,
} from "./call-options.js";
import { CallTrace } from "./call-trace.js";
import { ClientCall } from "./client-call.js";
import { directOf } from "./direct.js";
import { listingOf } from "./listing.js";
import { openStream, refuseStream } from "./open-stream.js";
import { StreamCall } from "./stream-call.js";
import { directWay, type Origin, Terms } from "./terms.js";
import { untilGivenUp } from "./until-given-up.js";

export interface ClientOptions {
  /** How long a caller waits where neither the call nor the method says so, in ms; not of calls that stream. Defaults to 10 000. */
  readonly timeoutMs?: number;
  /** Defaults to the process's own. */
  readonly clock?: Clock;
}

/** What all clients made from one call of `createClient` share. */
interface Target extends Origin {
  readonly service: ServiceDescriptor;
  /** The service's: one step nearer, since every call asks. */
  readonly methods: readonly Method[];
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * A client's class is made once for descriptors with the same service and methods, be they written, generated, or made
 * of a class: its methods stand on the prototype, and an instance holds its own descriptor, where its calls go and with
 * what options. It is no proxy and no promise; logging it shows its name and sends nothing.
 */
abstract class Stub {
  readonly #target: Target;
  readonly #options: CheckedOptions;
  /** Those of the last call, where others may have them too. */
  #terms: Terms | undefined;

  constructor(target: Target, options: CheckedOptions) {
    this.#target = target;
    this.#options = options;
  }

  static method(stub: Stub, index: number): Method {
    return stub.#target.methods[index]!;
  }

  static call(stub: Stub, method: Method, input: readonly unknown[]): Promise<unknown> {
    const options = stub.#options;
    if (options.batch !== undefined || options.explain !== undefined) return Stub.#callRarely(stub, method, input);
    return new ClientCall(input, stub.#termsOf(method)).start();
  }

  #termsOf(method: Method): Terms {
    const target = this.#target;
    const options = this.#options;
    const now = target.clock.now();
    const parent: Call | undefined = ambientCall();
    const last = this.#terms;
    if (last !== undefined && parent === undefined && last.fit(method, now)) return last;
    // Interceptors and listeners may measure by when a call was made; and a parent must not be kept until the next call.
    const shared = parent === undefined && directWay(target, options.onReply) !== undefined;
    const terms = new Terms(target, method, now, ownTimeoutMs(options, method, target), parent, options, shared);
    this.#terms = shared ? terms : undefined;
    return terms;
  }

  static #callRarely(stub: Stub, method: Method, input: readonly unknown[]): Promise<unknown> {
    const { batch, explain, route } = stub.#options;
    if (explain === undefined) return Stub.#callInBatch(stub, method, input, stub.#options, batch!);
    const trace = new CallTrace(method.path, explain, () => stub.#target.clock.now());
    const traced = { ...stub.#options, explain: undefined, route: { ...route, trace } };
    const answer =
      batch === undefined
        ? Stub.call(new (stub.constructor as StubClass)(stub.#target, traced), method, input)
        : Stub.#callInBatch(stub, method, input, traced, batch);
    answer.then(
      () => trace.end(),
      (thrown: unknown) => trace.end(thrown),
    );
    return answer;
  }

  /** Unlike other calls it has a deadline only where one is set or inherited. */
  static stream(stub: Stub, method: Method, input: readonly unknown[]): unknown {
    const { invoke, clock, deadlines } = stub.#target;
    const options = stub.#options;
    if (options.oneway || options.batch !== undefined) return refuseStream(method, options);
    const now = clock.now();
    const { streamTimeoutMs, explain, route } = options;
    const own =
      streamTimeoutMs >= 0 ? streamTimeoutMs : method.timeoutMs > 0 ? method.timeoutMs : Number.POSITIVE_INFINITY;
    const parent: Call | undefined = ambientCall();
    const deadline = Math.min(now + own, parent?.deadline ?? Number.POSITIVE_INFINITY);
    const priority = options.priority ?? parent?.priority ?? "normal";
    const trace = explain && new CallTrace(method.path, explain, () => clock.now());
    const how = trace === undefined ? options : { ...options, route: { ...route, trace } };
    const onEnd = trace && ((thrown?: unknown) => trace.end(thrown));
    return openStream(new StreamCall(method, now, input, deadline, priority, parent, how, onEnd), invoke, deadlines);
  }

  /** The batch's deadline stands in place of the method's and the client's; the call's own counts where it is earlier. */
  static #callInBatch(
    stub: Stub,
    method: Method,
    input: readonly unknown[],
    options: CheckedOptions,
    batch: BatchCalls,
  ): Promise<unknown> {
    if (batch.built) return Promise.reject(tooLate(method));
    const target = stub.#target;
    const now = target.clock.now();
    const parent: Call | undefined = ambientCall();
    const own = options.timeoutMs >= 0 ? options.timeoutMs : Number.POSITIVE_INFINITY;
    const terms = new Terms(target, method, now, own, parent, options);
    terms.deadline = Math.min(terms.deadline, batch.until(target.clock));
    const call = new ClientCall(input, terms);
    const answer = call.start();
    batch.add(call, answer);
    return answer;
  }

  static with(stub: Stub, options: CallOptions): Stub {
    const checked = checkOptions(options, stub.#options);
    // A second attempt beside the first is not made on the direct way.
    const backed = checked.route?.failMode === "failbackup" && stub.#target.direct !== undefined;
    const target = backed ? { ...stub.#target, direct: undefined } : stub.#target;
    return new (stub.constructor as StubClass)(target, checked);
  }

  static reach(stub: Stub): Reach {
    const target = stub.#target;
    const { invoke, clock } = target;
    return {
      service: target.service,
      begin(method) {
        const options = stub.#options;
        const now = clock.now();
        const parent = ambientCall();
        const common = new Terms(target, method, now, ownTimeoutMs(options, method, target), parent, options);
        const { deadline } = common;
        const listing = listingOf(invoke);
        return {
          endpoints: async () =>
            listing === undefined
              ? [here]
              : untilGivenUp(new ClientCall([], common), parent, () => listing(deadline, options.route?.waitForReady)),
          call(input, endpoint) {
            const route = endpoint === here ? options.route : { ...options.route, only: endpoint.id };
            const each = { ...options, route };
            const terms = new Terms(target, method, clock.now(), Number.POSITIVE_INFINITY, parent, each);
            terms.deadline = deadline;
            const call = new ClientCall(input, terms);
            return { call, answer: call.start() };
          },
        };
      },
    };
  }

  static oneway(stub: Stub): Stub {
    return new (stub.constructor as StubClass)(stub.#target, { ...stub.#options, oneway: true });
  }

  static inBatch(stub: Stub, batch: BatchCalls, signal: AbortSignal | undefined): Stub {
    const options = stub.#options;
    // The batch listens to its own for all its calls, but for one that has aborted: `AbortSignal.any` leaves something
    // behind at each signal for as long as that lives.
    const own = signal?.aborted === true ? signal : (options.signal ?? signal);
    return new (stub.constructor as StubClass)(stub.#target, { ...options, batch, signal: own });
  }

  static is(value: unknown): value is Stub {
    return typeof value === "object" && value !== null && #target in value;
  }
}

/** The place of a client without a list: a dispatcher in this process, say. */
const here: Endpoint = Object.freeze({ id: "", address: "", weight: 1, tags: Object.freeze({}), inactive: false });

/** How the calls of a client are made one by one, to endpoints of the caller's choice. */
export interface Reach {
  readonly service: ServiceDescriptor;
  /** Begins calls of a method that share a deadline. */
  begin(method: Method): {
    endpoints(): Promise<readonly Endpoint[]>;
    call(
      input: readonly unknown[],
      endpoint: Endpoint,
    ): { readonly call: NestedCall; readonly answer: Promise<unknown> };
  };
}

/** Returns how the calls of a client are made one by one. For `broadcast` and its sisters alone; `what` names which. */
export function reachOf(client: object, what: string): Reach {
  if (!Stub.is(client)) throw new TypeError(`${what} wants a client, as createClient or an injection makes it`);
  return Stub.reach(client);
}

type StubClass = new (target: Target, options: CheckedOptions) => Stub;

const classes = new WeakMap<ServiceDescriptor, StubClass>();
/** By what tells one class from another; held weakly, since descriptors may be made by the thousand. */
const alike = new Map<string, WeakRef<StubClass>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (alike.get(key)?.deref() === undefined) alike.delete(key);
});

/**
 * Returns a typed client of a service, whose calls go to `invoke`: a connector's, or a dispatcher's with no network
 * between. Each method returns a promise that settles no later than its deadline; one whose result is a stream returns it.
 */
export function createClient<T>(service: ServiceDescriptor<T>, invoke: Invoke, options: ClientOptions = {}): Client<T> {
  const { timeoutMs = defaultTimeoutMs, clock = systemClock } = options;
  const target = {
    service,
    methods: service.methods,
    invoke,
    direct: directOf(invoke, service),
    clock,
    deadlines: deadlinesOf(clock),
    timeoutMs: checkTimeoutMs(timeoutMs),
  };
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

/**
 * Returns the client with methods that wait for no answer: each resolves once its call was written, or taken by the
 * bounded queue in front of the socket, and rejects where neither was possible. The handler runs at most once, and may
 * not run at all: a call may vanish after it was accepted. Nothing comes back, no result and no error. Rejects with
 * `unimplemented` / `NO_ONEWAY` where the server speaks an older protocol.
 */
export function oneway<C extends object>(client: C): Oneway<C> {
  if (!Stub.is(client)) throw new TypeError("oneway wants a client, as createClient or an injection makes it");
  return Stub.oneway(client) as unknown as Oneway<C>;
}

/** Returns the client whose calls belong to a batch. For `batch` alone. */
export function inBatch<C extends object>(client: C, batch: BatchCalls, signal: AbortSignal | undefined): Batched<C> {
  if (!Stub.is(client)) throw new TypeError("batch: on() wants a client, as createClient or an injection makes it");
  return Stub.inBatch(client, batch, signal) as unknown as Batched<C>;
}

function ownTimeoutMs(options: CheckedOptions, method: Method, target: Target): number {
  if (options.timeoutMs >= 0) return options.timeoutMs;
  return method.timeoutMs > 0 ? method.timeoutMs : target.timeoutMs;
}

function tooLate(method: Method): RpcError {
  const message = `${method.path}: its batch is built: call what on() returned within the builder, before it returns`;
  return new RpcError("failed_precondition", message, { reason: "BATCH_BUILT", processed: "no" });
}

function classOf(service: ServiceDescriptor): StubClass {
  let made = classes.get(service);
  if (made === undefined) {
    const key = JSON.stringify([service.name, service.methods.map(({ name, kind }) => [name, kind === "unary"])]);
    made = alike.get(key)?.deref() ?? makeClass(service, key);
    classes.set(service, made);
  }
  return made;
}

function makeClass(service: ServiceDescriptor, key: string): StubClass {
  const made = class extends Stub {};
  Object.defineProperty(made, "name", { value: `${service.name}Client` });
  alike.set(key, new WeakRef(made));
  forgotten.register(made, key);
  for (const [index, { name, kind }] of service.methods.entries()) {
    const call =
      kind === "unary"
        ? function (this: Stub, ...input: unknown[]): Promise<unknown> {
            return Stub.call(this, Stub.method(this, index), input);
          }
        : function (this: Stub, ...input: unknown[]): unknown {
            return Stub.stream(this, Stub.method(this, index), input);
          };
    Object.defineProperty(call, "name", { value: name });
    Object.defineProperty(made.prototype, name, { value: call, enumerable: false });
  }
  return made;
}
