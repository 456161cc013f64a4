import type { Admission, Head, Invoke, Peer, Rejection } from "../contract/call.js";
import type { Contracts } from "../contract/contracts.js";
import { RpcError } from "../contract/errors.js";
import type { MethodTable } from "../contract/handlers.js";
import type { Logger } from "../contract/logger.js";
import type { Method, MethodOptions } from "../contract/method.js";
import type { StartQueue } from "../overload/start-queue.js";
import { defineService } from "../service/define-service.js";
import { wellFormed } from "../service/names.js";
import { schemaHashOf } from "../service/schema-hash.js";
import { isToldInFull } from "../session/fault-of.js";
import { logThrown } from "../session/log-thrown.js";
import type { Host } from "../session/session-options.js";
import { callerOf } from "../transport/caller-of.js";
import type { Dispatcher } from "./dispatcher.js";

/** Returns the methods of a service, undefined where there is none of that name. `wanted` is what the peer means to call. */
export type MethodsOf = (service: string, wanted: readonly string[]) => readonly Method[] | undefined;

/** Returns what a method is, as `defineService` is told. */
export type MethodOptionsOf = (service: string, method: string) => MethodOptions | undefined;

export interface ServiceHostOptions {
  readonly admissions: readonly Admission[];
  /** In front of the handlers of all connections. */
  readonly queue: StartQueue;
  /** What the services promise, as far as that is known. */
  readonly contract: Contracts | undefined;
  readonly logger: Logger;
  /** Requests of one connection that may be without an answer, where that is fewer than the connection's own limit. */
  readonly inFlight: number | undefined;
}

/** What a server's sessions share: its methods, its admissions, and the queue in front of its handlers. */
export class ServiceHost implements Host {
  readonly invoke: Invoke;
  readonly queue: StartQueue;
  readonly inFlight: number | undefined;
  readonly #methodsOf: MethodsOf;
  readonly #options: ServiceHostOptions;

  constructor(invoke: Invoke, methodsOf: MethodsOf, options: ServiceHostOptions) {
    this.invoke = invoke;
    this.#methodsOf = methodsOf;
    this.#options = options;
    this.queue = options.queue;
    this.inFlight = options.inFlight;
  }

  callerOf(peer: Peer): string {
    return callerOf(peer);
  }

  open(service: string, wanted: readonly string[]): readonly Method[] | undefined {
    return this.#methodsOf(service, wanted);
  }

  hashOf(method: Method): string | undefined {
    return schemaHashOf(method, this.#options.contract);
  }

  admit(head: Head): Rejection | undefined {
    for (const admission of this.#options.admissions) {
      let rejection: Rejection | undefined;
      try {
        rejection = admission(head);
      } catch (thrown) {
        rejection = this.#unjudged(head, thrown);
      }
      if (rejection === undefined) continue;
      return rejection instanceof RpcError ? asRejection(rejection) : this.#unjudged(head, noVerdict(rejection));
    }
    return undefined;
  }

  /** An admission that cannot judge lets nobody in. */
  #unjudged({ method }: Head, thrown: unknown): Rejection {
    if (isToldInFull(thrown)) return thrown as RpcError;
    logThrown(this.#options.logger, method.path, thrown);
    return new RpcError("internal", `an admission of ${method.path} failed; its server's log says how`, {
      reason: "ADMISSION_FAILED",
      processed: "no",
    });
  }
}

/** Whoever answers in another way, with true or a promise, must not let anybody in by it. */
function noVerdict(answer: unknown): TypeError {
  if (answer instanceof Promise) answer.catch(() => {});
  return new TypeError("an admission, or authorize, returns an RpcError or undefined, at once");
}

/** Returns the methods of a dispatcher's services. */
export function methodsOfDispatcher(dispatcher: Dispatcher) {
  return (service: string): readonly Method[] | undefined => dispatcher.methodsOf(service);
}

/** Returns methods as they are asked for, since a bare function answers whatever a client means to call. Kept by the connection that asked. */
export function methodsOnDemand(optionsOf: MethodOptionsOf = () => undefined): MethodsOf {
  return (service, wanted) => {
    if (!wellFormed(service)) return undefined;
    return wanted.map((name) => described(service, name, optionsOf)).filter((method) => method !== undefined);
  };
}

/** A name that no service could have is not a method, nor is one whose options are none. */
function described(service: string, name: string, optionsOf: MethodOptionsOf): Method | undefined {
  try {
    const table = { [name]: optionsOf(service, name) ?? {} };
    return defineService(service, table as MethodTable<Record<string, () => unknown>>).methods[0];
  } catch {
    return undefined;
  }
}

/** The handler was never reached, whatever the admission wrote into its error. */
function asRejection(error: RpcError): RpcError {
  if (error.processed === "no") return error;
  const { code, message, reason, retryAfterMs } = error;
  return new RpcError(code, message, { reason, retryAfterMs, processed: "no" });
}
