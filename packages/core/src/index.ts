export { currentCall, detached } from "./ambient/index.js";
export { type BatchOptions, batch, type Outcomes } from "./client/batch.js";
export type { CallOptions } from "./client/call-options.js";
export type { ConnectOptions, ConnectSettings, Target } from "./client/connect-options.js";
export { type Connector, connect } from "./client/connector.js";
export { type ClientOptions, createClient, oneway, withOptions } from "./client/create-client.js";
export type { CredentialsOption } from "./client/credentials.js";
export { type FallbackOptions, fallback } from "./client/fallback.js";
export { broadcast, fork, inform } from "./client/fan-out.js";
export type { EjectionOptions } from "./client/health.js";
export type { Offer, OfferOptions } from "./client/offer.js";
export type { ThrottleOptions } from "./client/throttle.js";
export type { BackoffOptions } from "./clock/backoff.js";
export { systemClock } from "./clock/system-clock.js";
export { bytes, json, messagePack } from "./codecs/index.js";
export * from "./contract/index.js";
export { createDispatcher, type Dispatcher } from "./host/dispatcher.js";
export type { PeerCallOptions } from "./host/peer-call-options.js";
export {
  type ReflectedInstance,
  type ReflectedMethod,
  type ReflectedService,
  type Reflection,
  ReflectionService,
} from "./host/reflection.js";
export type { RetryBudgetOptions } from "./interceptors/retry-budget.js";
export type { RetryOptions } from "./interceptors/retry-policy.js";
export type { OnPeer } from "./server/peers.js";
export { type Server, serve } from "./server/serve.js";
export type { BareOptions, Served, ServeOptions, ServeSettings } from "./server/serve-options.js";
export { type AcceptedTokens, token, tokens } from "./server/tokens.js";
export { type BindOptions, bind } from "./service/bind.js";
export { checkOptions, type OptionKinds } from "./service/check-options.js";
export { defineService } from "./service/define-service.js";
export { nearestName } from "./service/names.js";
export type {
  ClientCallEvent,
  ConnectionEvent,
  DialEvent,
  RefuseEvent,
  RejectEvent,
  ServerCallEvent,
  SuspectEvent,
} from "./session/diagnostics.js";
export type { WhenFull } from "./session/when-full.js";
export { Histogram, type HistogramJson } from "./stats/histogram.js";
export type {
  AttemptStats,
  CallStats,
  ClientStats,
  ConnectionStats,
  ConnectionSums,
  EndStats,
  LatencyStats,
  MethodStats,
  QueueStats,
  ServedStats,
  ServerStats,
  TrafficStats,
} from "./stats/snapshots.js";
export { memoryTransport } from "./transport/memory.js";
export type { PemSource } from "./transport/pem-source.js";
export { tcp } from "./transport/tcp.js";
export { type TlsTransport, tls } from "./transport/tls.js";
export type { TlsOptions } from "./transport/tls-options.js";
export { type UnixOptions, unix, unixTransport } from "./transport/unix.js";
