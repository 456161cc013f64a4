import { runInCall, streamInCall } from "../ambient/index.js";
import type { Admission, Call, Interceptor, Invoke } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Contracts } from "../contract/contracts.js";
import type { Logger } from "../contract/logger.js";
import type { Binding, ServiceDescriptor } from "../contract/method.js";
import { compose } from "../interceptors/compose.js";
import { type StartLimits, StartQueue } from "../overload/start-queue.js";
import { createDispatcher } from "./dispatcher.js";
import { givesStream, runIntercepted, runStreaming } from "./run-streaming.js";
import {
  type MethodOptionsOf,
  type MethodsOf,
  methodsOfDispatcher,
  methodsOnDemand,
  ServiceHost,
} from "./service-host.js";

/** What a process answers, and how. */
export interface HostSettings extends StartLimits {
  /** Bindings of services; or `invoke`, one function for whatever is called. */
  readonly services: readonly Binding[] | undefined;
  readonly invoke: Invoke | undefined;
  /** What the methods are that `invoke` answers. */
  readonly methodOptions: MethodOptionsOf | undefined;
  /** What the process tells of itself, beside what it serves. */
  readonly reflection: Binding | undefined;
  readonly interceptors: readonly Interceptor[] | undefined;
  readonly authorize: Admission | undefined;
  readonly admissions: readonly Admission[] | undefined;
  readonly ambient: boolean;
  /** Requests of one connection that may be without an answer, where that is fewer than the connection's own limit. */
  readonly inFlight: number | undefined;
  readonly contract: Contracts | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Returns what answers the calls of a process's connections. Throws `invalid_argument` where two services have one name. */
export function createHost(settings: HostSettings): ServiceHost {
  const {
    services,
    invoke,
    methodOptions,
    reflection,
    interceptors = [],
    authorize,
    admissions = [],
    ambient,
    inFlight,
    contract,
    clock,
    logger,
  } = settings;
  const { handlersRunning, waitQueueEntries, waitQueueBytes } = settings;
  const options = {
    // First who may, then what there is room for.
    admissions: authorize === undefined ? admissions : [authorize, ...admissions],
    queue: new StartQueue(clock, { handlersRunning, waitQueueEntries, waitQueueBytes }),
    logger,
    inFlight,
    contract,
  };
  if (services !== undefined) {
    const all = reflection === undefined ? services : [...services, reflection];
    const dispatcher = createDispatcher(all, interceptors, { ambient });
    return new ServiceHost(dispatcher.invoke, methodsOfDispatcher(dispatcher), options);
  }
  const answer = answering(invoke!, interceptors.length === 0 ? runStreaming : runIntercepted);
  const composed = compose(interceptors, reflection === undefined ? answer : besides(reflection, answer));
  const onDemand = methodsOnDemand(methodOptions);
  const methodsOf = reflection === undefined ? onDemand : methodsBeside(reflection.service, onDemand);
  const within: Invoke = (call) =>
    givesStream(call.method) ? streamInCall(call, composed) : runInCall(call, composed);
  return new ServiceHost(ambient ? within : composed, methodsOf, options);
}

/** What a bare function answers with where the result streams becomes a stream as that of a handler does. */
function answering(invoke: Invoke, runStream: typeof runIntercepted): Invoke {
  return (call) => (givesStream(call.method) ? runStream(() => invoke(call), call) : invoke(call));
}

/** Answers the calls of one service by its binding, and all others by `invoke`. */
function besides({ service, handlers }: Binding, invoke: Invoke): Invoke {
  const answer = async ({ method, input }: Call): Promise<unknown> => handlers[method.index]!(...(input as never[]));
  return (call) => (call.method.service === service.name ? answer(call) : invoke(call));
}

/** Knows the methods of one service, and takes all others to be there. */
function methodsBeside({ name, methods }: ServiceDescriptor, others: MethodsOf): MethodsOf {
  return (service, wanted) => (service === name ? methods : others(service, wanted));
}
