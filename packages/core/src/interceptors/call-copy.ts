import {
  type Account,
  type Call,
  type Carrier,
  type Metadata,
  type NestedCall,
  noMetadata,
  type Priority,
  type Route,
} from "../contract/call.js";
import type { Processed, RpcError } from "../contract/errors.js";
import type { Method } from "../contract/method.js";
import type { Endpoint } from "../contract/registry.js";

/** One of several attempts of a call that run side by side: each is held, answered and given up by itself. */
export class CallCopy implements Call {
  readonly method: Method;
  readonly startedAt: number;
  input: readonly unknown[];
  metadata: Metadata;
  deadline: number;
  readonly signal: AbortSignal | undefined;
  priority: Priority;
  attempt: number;
  readonly oneway = false;
  route: Route | undefined;
  readonly peer = undefined;
  replyMetadata: Metadata = noMetadata;
  endpoint: Endpoint | undefined = undefined;
  idempotent = false;
  readonly cautious: boolean;
  processed: Processed = "no";
  carrier: Carrier | undefined = undefined;
  carriedAs = 0;
  abandoned: RpcError | undefined = undefined;
  settled = false;
  nested: Set<NestedCall> | undefined = undefined;
  account: Account | undefined = undefined;
  /** Nobody makes it again where it fails. */
  readonly final: boolean;

  constructor(call: Call, attempt: number, route: Route | undefined, final = false) {
    this.method = call.method;
    this.startedAt = call.startedAt;
    this.input = call.input;
    this.metadata = call.metadata;
    this.deadline = call.deadline;
    this.signal = call.signal;
    this.priority = call.priority;
    this.attempt = attempt;
    this.route = route;
    this.cautious = call.cautious;
    this.final = final;
  }
}
