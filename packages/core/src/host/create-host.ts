import { runInCall } from "../ambient/index.js";
import type { Admission, Interceptor, Invoke } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Logger } from "../contract/logger.js";
import type { Binding } from "../contract/method.js";
import { compose } from "../interceptors/compose.js";
import { type StartLimits, StartQueue } from "../overload/start-queue.js";
import { createDispatcher } from "./dispatcher.js";
import { methodsOfDispatcher, methodsOnDemand, ServiceHost } from "./service-host.js";

/** What a process answers, and how. */
export interface HostSettings extends StartLimits {
  /** Bindings of services; or `invoke`, one function for whatever is called. */
  readonly services: readonly Binding[] | undefined;
  readonly invoke: Invoke | undefined;
  readonly interceptors: readonly Interceptor[] | undefined;
  readonly authorize: Admission | undefined;
  readonly admissions: readonly Admission[] | undefined;
  readonly ambient: boolean;
  /** Requests of one connection that may be without an answer, where that is fewer than the connection's own limit. */
  readonly inFlight: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Returns what answers the calls of a process's connections. Throws `invalid_argument` where two services have one name. */
export function createHost(settings: HostSettings): ServiceHost {
  const {
    services,
    invoke,
    interceptors = [],
    authorize,
    admissions = [],
    ambient,
    inFlight,
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
  };
  if (services !== undefined) {
    const dispatcher = createDispatcher(services, interceptors, { ambient });
    return new ServiceHost(dispatcher.invoke, methodsOfDispatcher(dispatcher), options);
  }
  const composed = compose(interceptors, invoke!);
  return new ServiceHost(ambient ? (call) => runInCall(call, composed) : composed, methodsOnDemand, options);
}
