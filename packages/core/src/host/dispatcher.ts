import { runInCall, streamInCall } from "../ambient/index.js";
import { systemClock } from "../clock/system-clock.js";
import type { Call, Interceptor, Invoke } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { ErrorClass } from "../contract/error-class.js";
import { RpcError } from "../contract/errors.js";
import { guarded } from "../contract/guarded-logger.js";
import { type Logger, silent } from "../contract/logger.js";
import type { Binding, Handler, Method, ServiceDescriptor } from "../contract/method.js";
import { compose } from "../interceptors/compose.js";
import { underAllNames } from "../service/aliases.js";
import { checkMethodName, checkServiceName, didYouMean } from "../service/names.js";
import { ErrorClasses } from "../session/error-classes.js";
import { inProcess } from "./in-process.js";
import { kindMismatch } from "./no-remote-method.js";
import { givesStream, runIntercepted, runStreaming } from "./run-streaming.js";

/** A method and what answers it. */
interface Bound {
  readonly method: Method;
  readonly handler: Handler;
  /** How that is done. */
  readonly run: (handler: Handler, call: Call) => Promise<unknown>;
}

export interface DispatcherOptions {
  /** Whether handlers can read their call with `currentCall()`. Defaults to false. */
  readonly ambient?: boolean;
  /** Where errors of handlers go that their callers are not told, for calls within the process. Defaults to nowhere. */
  readonly logger?: Logger;
  /** The clock of calls within the process: that of the clients pointed here. Defaults to the process's own. */
  readonly clock?: Clock;
  /** Classes of errors that callers within the process get as they are: those of `serve` and `connect`. Defaults to none. */
  readonly errors?: readonly ErrorClass[];
  /** What handlers of calls within the process call by `currentCall().peer.invoke`: another dispatcher's, say. Defaults to nothing. */
  readonly callerInvoke?: Invoke;
}

/** What answers calls. Made once, then frozen: what is not in it cannot be called. */
export interface Dispatcher {
  /** Runs a call's handler inside the interceptors. Finds it by the method's path, so that a client may be pointed at it directly. */
  readonly invoke: Invoke;
  readonly services: readonly ServiceDescriptor[];
  /** Returns the methods of a service, or undefined. */
  methodsOf(service: string): readonly Method[] | undefined;
}

/**
 * Returns a dispatcher of bindings. The interceptors are composed once, the first outermost. Throws `invalid_argument`
 * where two bindings have one name.
 */
export function createDispatcher(
  bindings: readonly Binding[],
  interceptors: readonly Interceptor[] = [],
  options: DispatcherOptions = {},
): Dispatcher {
  const { ambient = false, logger = silent, clock = systemClock, errors, callerInvoke } = options;
  const runStream = interceptors.length === 0 ? runStreaming : runIntercepted;
  const services = new Map<string, ServiceDescriptor>();
  const bound = new Map<string, Bound>();
  for (const { service, handlers } of bindings.flatMap(underAllNames)) {
    checkServiceName(service.name);
    if (services.has(service.name)) {
      throw new RpcError(
        "invalid_argument",
        `two services are called "${service.name}": give one of them another name`,
        {
          reason: "DUPLICATE_SERVICE",
          processed: "no",
        },
      );
    }
    services.set(service.name, service);
    for (const method of service.methods) {
      checkMethodName(service.name, method.name);
      const run = givesStream(method) ? runStream : runHandler;
      bound.set(method.path, { method, handler: handlers[method.index]!, run });
    }
  }
  const run: Invoke = (call) => {
    const found = bound.get(call.method.path);
    return found === undefined ? Promise.reject(noMethod(call, services)) : found.run(found.handler, call);
  };
  const composed = compose(interceptors, run);
  const invoke: Invoke = ambient
    ? (call) => (givesStream(call.method) ? streamInCall(call, composed) : runInCall(call, composed))
    : composed;
  const classes = new ErrorClasses("createDispatcher", errors);
  const local = inProcess(invoke, guarded(logger), clock, classes, callerInvoke);
  return Object.freeze({
    // A call read from a connection knows its peer; one made in this process does not.
    invoke: (call: Call) => {
      if (call.peer !== undefined) return invoke(call);
      const found = bound.get(call.method.path);
      if (found === undefined) return Promise.reject(noMethod(call, services));
      return found.method.kind === call.method.kind
        ? local(call)
        : Promise.reject(kindMismatch(call.method, found.method.kind));
    },
    services: Object.freeze([...services.values()]),
    methodsOf: (service: string) => services.get(service)?.methods,
  });
}

/** Runs a handler; whatever it returns or throws becomes a promise. */
function runHandler(handler: Handler, call: Call): Promise<unknown> {
  try {
    const output = handler(...(call.input as never[]));
    return output instanceof Promise ? output : Promise.resolve(output);
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

function noMethod(call: Call, services: ReadonlyMap<string, ServiceDescriptor>): RpcError {
  const { service, name } = call.method;
  const known = services.get(service);
  const message =
    known === undefined
      ? `there is no service "${service}"${didYouMean(service, services.keys())}`
      : `${service} has no method "${name}"${didYouMean(
          name,
          known.methods.map((method) => method.name),
        )}`;
  return new RpcError("unimplemented", message, {
    reason: known === undefined ? "NO_SERVICE" : "NO_METHOD",
    processed: "no",
    origin: "peer",
  });
}
