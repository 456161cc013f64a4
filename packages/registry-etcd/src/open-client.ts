import { ConstantBackoff, ExponentialBackoff, handleAll, noop, retry } from "cockatiel";
import { Etcd3 } from "etcd3";
import { type EtcdTls, pemOf } from "./tls.js";

export interface ClientOptions {
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  readonly tls: EtcdTls | undefined;
}

/**
 * Returns a client that is back soon after etcd is, whatever happened to it meanwhile. With the client's defaults a watch is
 * tried again up to 30 s later, a circuit breaker refuses calls for 5 s, and a connection that leads nowhere is waited for
 * without an end.
 */
export function openClient({ hosts, timeoutMs, credentials, tls }: ClientOptions): Etcd3 {
  return new Etcd3({
    hosts: [...hosts],
    dialTimeout: timeoutMs,
    ...(credentials && { auth: { username: credentials.username, password: credentials.password } }),
    ...(tls && { credentials: pemOf(tls) }),
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + timeoutMs }),
    faultHandling: {
      host: () => noop,
      global: retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(50) }),
      // With jitter: many processes see the same etcd come back.
      watchBackoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }).next(),
    },
    grpcOptions: {
      // etcd takes pings that come more often than each 5 s for an attack.
      "grpc.keepalive_time_ms": 6_000,
      "grpc.keepalive_timeout_ms": 2_000,
      "grpc.keepalive_permit_without_calls": 1,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1_000,
    },
  });
}
