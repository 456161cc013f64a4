import type { Admission, Interceptor } from "../contract/call.js";
import type { Clock } from "../contract/clock.js";
import type { Contracts } from "../contract/contracts.js";
import type { Logger } from "../contract/logger.js";
import type { Binding } from "../contract/method.js";
import { createHost } from "../host/create-host.js";
import type { ServiceHost } from "../host/service-host.js";
import { badOption, checkOptions, type OptionKinds } from "../service/check-options.js";
import { StreamBudget } from "../session/stream-budget.js";

/** What a client offers to the servers that it has dialled, and nobody else. */
export interface OfferOptions {
  /** What is offered: what `bind` returns. */
  readonly services: readonly Binding[];
  /** Says whether a server may make a call, from its address, instance, method and metadata. Defaults to every call. */
  readonly authorize?: Admission;
  /** What judges requests before they are decoded, in order, after `authorize`. Defaults to none. */
  readonly admissions?: readonly Admission[];
  /** What wraps every handler; the first is the outermost. Defaults to none. */
  readonly interceptors?: readonly Interceptor[];
  /** Whether handlers can read their call with `currentCall()`. Defaults to false; `createApp` switches it on. */
  readonly ambient?: boolean;
  /** Requests of one server that may be without an answer; it queues what is above. Defaults to 128, at most `limits.inFlight`. */
  readonly inFlight?: number;
  /** Handlers that may run at once, over all connections; what comes above it waits. Defaults to 256. */
  readonly handlersRunning?: number;
  /** Streams of servers' calls that may be open at once, over all connections. Defaults to 256. */
  readonly streams?: number;
  /** Calls that may wait for a handler, over all connections; more are rejected. Defaults to 1,024. */
  readonly waitQueueEntries?: number;
  /** Bytes of the arguments of calls that wait for a handler. Defaults to 4 MiB. */
  readonly waitQueueBytes?: number;
}

const kinds = {
  services: "list",
  authorize: "function",
  admissions: "functions",
  interceptors: "functions",
  ambient: "boolean",
  inFlight: "count",
  handlersRunning: "count",
  streams: "count",
  waitQueueEntries: "count",
  waitQueueBytes: "count",
} as const satisfies Record<keyof OfferOptions, OptionKinds[string]>;

/** Bindings alone, or with options. */
export type Offer = readonly Binding[] | OfferOptions;

/** Throws `invalid_argument` / `BAD_OPTION` where what is offered is neither bindings nor options with some. */
export function checkOffer(offer: Offer | undefined): void {
  if (offer === undefined) return;
  const options = isBindings(offer) ? { services: offer } : offer;
  checkOptions("connect: serve", options, kinds);
  const { services } = options as Partial<OfferOptions>;
  if (services === undefined || !services.every(isBinding))
    throw badOption("connect: serve wants what bind returns, in an array or in an object's `services`");
}

/** Returns room for the streams that servers may have open here. */
export function streamsOf(offer: Offer | undefined): StreamBudget {
  return new StreamBudget((offer === undefined || isBindings(offer) ? undefined : offer.streams) ?? 256);
}

/** Returns what answers servers, or undefined where nothing is offered. */
export function hostOf(
  offer: Offer | undefined,
  contract: Contracts | undefined,
  clock: Clock,
  logger: Logger,
): ServiceHost | undefined {
  if (offer === undefined) return undefined;
  const options: OfferOptions = isBindings(offer) ? { services: offer } : offer;
  if (options.services.length === 0) return undefined;
  return createHost({
    services: options.services,
    invoke: undefined,
    methodOptions: undefined,
    reflection: undefined, // who was dialled asks by what it calls, and must not learn more
    interceptors: options.interceptors,
    authorize: options.authorize,
    admissions: options.admissions,
    ambient: options.ambient ?? false,
    inFlight: options.inFlight ?? 128,
    handlersRunning: options.handlersRunning ?? 256,
    waitQueueEntries: options.waitQueueEntries ?? 1_024,
    waitQueueBytes: options.waitQueueBytes ?? 4 * 1_048_576,
    contract,
    clock,
    logger,
  });
}

function isBindings(offer: Offer): offer is readonly Binding[] {
  return Array.isArray(offer);
}

function isBinding(value: unknown): boolean {
  const { service, handlers } = (value ?? {}) as Partial<Binding>;
  return typeof service === "object" && Array.isArray(handlers);
}
