import { runInCall } from "../ambient/index.js";
import type { Admission, Call, Interceptor, Invoke } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Contracts } from "../contract/contracts.js";
import type { Logger } from "../contract/logger.js";
import type { Binding, ServiceDescriptor } from "../contract/method.js";
import { compose } from "../interceptors/compose.js";
import { type StartLimits, StartQueue } from "../overload/start-queue.js";
import { createDispatcher } from "./dispatcher.js";
import { methodsOfDispatcher, methodsOnDemand, ServiceHost } from "./service-host.js";

/** What a process answers, and how. */
export interface HostSettings extends StartLimits {
  /** Bindings of services; or `invoke`, one function for whatever is called. */
  readonly services: readonly Binding[] | undefined;
  readonly invoke: Invoke | undefined;
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
  const composed = compose(interceptors, reflection === undefined ? invoke! : besides(reflection, invoke!));
  const methodsOf = reflection === undefined ? methodsOnDemand : methodsBeside(reflection.service);
  return new ServiceHost(ambient ? (call) => runInCall(call, composed) : composed, methodsOf, options);
}

/** Answers the calls of one service by its binding, and all others by `invoke`. */
function besides({ service, handlers }: Binding, invoke: Invoke): Invoke {
  const answer = async ({ method, input }: Call): Promise<unknown> => handlers[method.index]!(...(input as never[]));
  return (call) => (call.method.service === service.name ? answer(call) : invoke(call));
}

/** Knows the methods of one service, and takes all others to be there. */
function methodsBeside({ name, methods }: ServiceDescriptor): typeof methodsOnDemand {
  return (service, wanted) => (service === name ? methods : methodsOnDemand(service, wanted));
}
