import { messagePack } from "../codecs/index.js";
import { type Call, type Carrier, type NestedCall, noMetadata, type Route } from "../contract/call.js";
import type { RpcError } from "../contract/errors.js";
import { defaultKeepAlive } from "../contract/keep-alive.js";
import { type ConnectionLimits, defaultLimits } from "../contract/limits.js";
import { silent } from "../contract/logger.js";
import type { ServiceDescriptor } from "../contract/method.js";
import { PeerCalls } from "../host/peer-calls.js";
import { StartQueue } from "../overload/start-queue.js";
import { defineService } from "../service/define-service.js";
import { createManualClock, type ManualClock } from "../testing/manual-clock.js";
import { streamPair } from "../transport/memory.js";
import type { BlockAlgorithm } from "../wire/block-algorithm.js";
import type { RemoteMethod } from "./remote-service.js";
import { Session } from "./session.js";
import type { Host } from "./session-options.js";

/** What answers calls of `service`'s one method. */
export type Answering = (call: Call) => Promise<unknown>;

export const service: ServiceDescriptor = defineService<{ call(): unknown }>("Any", { call: {} });

/** One end of a connection, and what it was told. */
export interface End {
  readonly session: Session;
  readonly closed: readonly RpcError[];
  readonly retired: number;
  /** Calls the other end; the service has been opened. */
  call(
    input: readonly unknown[],
    options?: { timeoutMs?: number },
  ): { readonly answer: Promise<unknown>; readonly call: Call };
}

export interface Pair {
  readonly clock: ManualClock;
  readonly dialler: End;
  readonly acceptor: End;
}

/** Returns the two ends of one connection, either of which answers the other's calls by its function. */
export async function sessionPair(
  answering: { readonly dialler?: Answering; readonly acceptor?: Answering },
  limits: Partial<ConnectionLimits> = {},
  compression: readonly BlockAlgorithm[] = [],
): Promise<Pair> {
  const clock = createManualClock();
  const [near, far] = streamPair();
  const end = (role: "dialler" | "acceptor"): End & { remote: RemoteMethod | undefined } => {
    const closed: RpcError[] = [];
    const made = {
      session: undefined as unknown as Session,
      closed,
      retired: 0,
      remote: undefined as RemoteMethod | undefined,
      call(input: readonly unknown[], { timeoutMs = 60_000 } = {}) {
        const call = callOf(input, clock.now() + timeoutMs);
        const answer = new Promise<unknown>((succeed, fail) =>
          made.session.send(call, made.remote!, undefined, { succeed, fail }),
        );
        return { call, answer };
      },
    };
    made.session = new Session({
      role,
      stream: role === "dialler" ? near : far,
      address: `memory://${role === "dialler" ? "acceptor" : "dialler"}`,
      clock,
      limits: { ...defaultLimits, ...limits },
      codecs: [messagePack],
      compression,
      cluster: "",
      instance: role,
      whenFull: "evict",
      logger: silent,
      keepAlive: defaultKeepAlive,
      host: hostOf(answering[role], clock),
      callPeer: (line) => new PeerCalls(line).invoke,
      listener: {
        onReady: () => {},
        onRetired: () => made.retired++,
        onClosed: (error) => closed.push(error),
      },
    });
    return made;
  };
  const acceptor = end("acceptor");
  const dialler = end("dialler");
  await clock.settle();
  for (const each of [dialler, acceptor]) each.remote = (await each.session.open(service))?.methods[0];
  return { clock, dialler, acceptor };
}

function hostOf(answering: Answering | undefined, clock: ManualClock): Host | undefined {
  if (answering === undefined) return undefined;
  return {
    open: (name) => (name === service.name ? service.methods : undefined),
    hashOf: () => undefined,
    admit: () => undefined,
    callerOf: ({ address }) => address,
    queue: new StartQueue(clock, { handlersRunning: 8_192, waitQueueEntries: 1_024, waitQueueBytes: 16 * 1_048_576 }),
    invoke: answering,
  };
}

/** A call as it is given to a session. */
function callOf(input: readonly unknown[], deadline: number): Call {
  return {
    method: service.methods[0]!,
    startedAt: 0,
    input,
    metadata: noMetadata,
    deadline,
    signal: undefined,
    priority: "normal",
    attempt: 1,
    oneway: false,
    route: undefined as Route | undefined,
    peer: undefined,
    replyMetadata: noMetadata,
    endpoint: undefined,
    idempotent: false,
    cautious: false,
    processed: "no",
    carrier: undefined as Carrier | undefined,
    carriedAs: 0,
    abandoned: undefined as RpcError | undefined,
    settled: false,
    nested: undefined as Set<NestedCall> | undefined,
    account: undefined,
  };
}
