import type { NestedCall } from "../contract/call.js";
import { worse } from "../contract/certainty.js";
import { RpcError } from "../contract/errors.js";
import type { Broadcast, EndpointOutcome, Fork, Inform } from "../contract/fan-out.js";
import type { Method, ServiceDescriptor } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";
import { type Reach, reachOf } from "./create-client.js";

/** How many endpoints an error names. */
const named = 3;

/** A call to one of the endpoints. */
interface Made {
  readonly endpoint: Endpoint;
  readonly call: NestedCall;
  readonly answer: Promise<unknown>;
}

/** Makes of the calls to all endpoints what the caller gets. */
type Gather = (method: Method, calls: readonly Made[]) => Promise<unknown>;

type Fanned = new (reach: Reach) => object;

const classes = new WeakMap<Gather, WeakMap<ServiceDescriptor, Fanned>>();

/**
 * Returns the client with methods that call every endpoint which is listed and active, each by an independent call with
 * its own outcome; one that is not connected to is dialled. Resolves to the results once all have succeeded; rejects once
 * all have settled, where any failed, with the first one's code and reason and the others named. None is made at another
 * endpoint in place of its own. Rejects with `unavailable` / `NO_ENDPOINT` where none is listed for 5 s; with `waitForReady` with
 * `deadline_exceeded`, where none is before the deadline.
 */
export function broadcast<C extends object>(client: C): Broadcast<C> {
  return fanned(client, "broadcast", allResults) as Broadcast<C>;
}

/** As `broadcast`, but resolves to the outcome of each endpoint, be it a result or an error. */
export function inform<C extends object>(client: C): Inform<C> {
  return fanned(client, "inform", allOutcomes) as Inform<C>;
}

/** As `broadcast`, but resolves to the first result that comes, and cancels the other calls; rejects where all failed. */
export function fork<C extends object>(client: C): Fork<C> {
  return fanned(client, "fork", firstResult) as Fork<C>;
}

const allOutcomes: Gather = async (_, calls): Promise<readonly EndpointOutcome<unknown>[]> => {
  const outcomes = await Promise.allSettled(calls.map(({ answer }) => answer));
  return outcomes.map((outcome, at) => ({ ...outcome, endpoint: calls[at]!.endpoint }));
};

const allResults: Gather = async (method, calls) => {
  const outcomes = await Promise.allSettled(calls.map(({ answer }) => answer));
  const results = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  if (results.length === calls.length) return results;
  throw failed(
    method,
    calls,
    outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason : undefined)),
  );
};

const firstResult: Gather = async (method, calls) => {
  try {
    return await Promise.any(calls.map(({ answer }) => answer));
  } catch (thrown) {
    throw failed(method, calls, (thrown as AggregateError).errors);
  } finally {
    const reason = new RpcError("cancelled", `${method.path}: another endpoint has answered`, { reason: "CANCELLED" });
    for (const { call } of calls) call.abandon(reason);
  }
};

function fanned(client: object, what: string, gather: Gather): object {
  const reach = reachOf(client, what);
  return new (classOf(reach.service, what, gather))(reach);
}

function classOf(service: ServiceDescriptor, what: string, gather: Gather): Fanned {
  const known = classes.get(gather) ?? new WeakMap<ServiceDescriptor, Fanned>();
  classes.set(gather, known);
  const made = known.get(service) ?? makeClass(service, what, gather);
  known.set(service, made);
  return made;
}

/** Made once for each descriptor, as a client's own class is. */
function makeClass(service: ServiceDescriptor, what: string, gather: Gather): Fanned {
  const made = class {
    readonly #reach: Reach;

    constructor(reach: Reach) {
      this.#reach = reach;
    }

    static call(self: InstanceType<typeof made>, method: Method, input: readonly unknown[]): Promise<unknown> {
      return callAll(self.#reach, what, method, input, gather);
    }
  };
  Object.defineProperty(made, "name", { value: `${service.name}Client` });
  for (const method of service.methods) {
    const call = function (this: InstanceType<typeof made>, ...input: unknown[]): Promise<unknown> {
      return made.call(this, method, input);
    };
    Object.defineProperty(call, "name", { value: method.name });
    Object.defineProperty(made.prototype, method.name, { value: call, enumerable: false });
  }
  return made;
}

async function callAll(
  reach: Reach,
  what: string,
  method: Method,
  input: readonly unknown[],
  gather: Gather,
): Promise<unknown> {
  if (method.kind !== "unary") throw refused(method, what);
  const begun = reach.begin(method);
  const endpoints = await begun.endpoints();
  return gather(
    method,
    endpoints.map((endpoint) => ({ endpoint, ...begun.call(input, endpoint) })),
  );
}

function refused({ path, kind }: Method, what: string): RpcError {
  const message = `${path} streams (${kind}), and ${what}() makes calls with one outcome each: call it on the client itself`;
  return new RpcError("invalid_argument", message, { reason: "STREAM_REFUSED", processed: "no" });
}

function failed({ path }: Method, calls: readonly Made[], errors: readonly unknown[]): RpcError {
  const failures = errors.flatMap((error, at) =>
    error === undefined ? [] : [{ error, endpoint: calls[at]!.endpoint }],
  );
  const words = failures
    .slice(0, named)
    .map(({ error, endpoint }) => `${endpoint.address || "here"}: ${messageOf(error)}`);
  const more = failures.length > named ? `; and ${failures.length - named} more` : "";
  const { error: first, endpoint } = failures[0]!;
  const rpc = first instanceof RpcError ? first : undefined;
  const { code = "unknown", reason = "UNKNOWN" } = rpc ?? {};
  const message = `${path} failed at ${failures.length} of ${calls.length} endpoints: ${words.join("; ")}${more}`;
  const processed = errors
    .map((error) => (error === undefined ? "yes" : error instanceof RpcError ? error.processed : "maybe"))
    .reduce(worse);
  return new RpcError(code, message, { reason, processed, endpoint: endpoint.address, cause: first });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
