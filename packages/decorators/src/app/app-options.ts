import type {
  Address,
  Balancer,
  ConnectOptions,
  Contracts,
  Logger,
  OfferOptions,
  Registry,
  ServeOptions,
} from "@rpc/core";
import type { Contract } from "@rpc/schema";
import type { Container } from "inversify";
import type { LogLevel } from "../logging/levels.js";
import type { Class } from "../notes/class-ref.js";
import type { ServiceEntry } from "../service/service-entries.js";

/** What both ends share: given once, used by the server and by the clients of the app. */
type Shared = Pick<
  ServeOptions & ConnectOptions,
  | "cluster"
  | "instance"
  | "codecs"
  | "errors"
  | "compression"
  | "transports"
  | "limits"
  | "keepAlive"
  | "clock"
  | "random"
>;

/** What `createApp` says itself, or says for both ends. */
type Taken = keyof Shared | "registry" | "logger" | "contract";

/** Options of the app's server alone. */
export type AppServeOptions = Omit<
  ServeOptions,
  Taken | "services" | "invoke" | "methodOptions" | "listen" | "advertise" | "insecure" | "ambient"
>;

/** Options of the app's clients alone. */
export type AppConnectOptions = Omit<ConnectOptions, Taken | "address" | "balancer" | "serve"> & {
  /**
   * Whether the app's services are offered to the servers that its clients connect to, on the same connections, and with
   * what limits. Such an app connects when it starts, and keeps connected. Defaults to true where `listen` is false, else
   * to false.
   */
  readonly serve?: boolean | Omit<OfferOptions, "services" | "ambient">;
};

/** Options of `createApp`. */
export interface AppOptions extends Shared {
  /**
   * What is served: classes with `@Service`, `{ service: Orders, name: "OrdersEu" }` for another name, what `scan` found,
   * and bindings made by core's `bind`. Defaults to nothing: then the app listens nowhere.
   */
  readonly services?: readonly ServiceEntry[];
  /** Classes to make whose constructors want clients; `app.get(TheClass)` returns what was made. Defaults to none. */
  readonly clients?: readonly Class[];
  /**
   * The container that makes the classes. What `services(...)` put into it is served too, and every `@InjectClient` in it
   * is provided for until the app stops. Defaults to a container of the app's own.
   */
  readonly container?: Container;

  /**
   * Where to listen; false: nowhere, and what is served is offered on the connections that the app's clients make, to
   * who is behind them. Defaults to `tcp://127.0.0.1:0`: loopback, a port that the system chooses.
   */
  readonly listen?: Address | false;
  /** The address that others are told; required where `listen` is a wildcard address. Defaults to where the app listens. */
  readonly advertise?: Address;
  /** Listening on anything but loopback is refused unless this says that it is meant. Defaults to false. */
  readonly insecure?: boolean;

  /**
   * Where processes find each other. The app takes it over: when the last app that was given it has stopped, it is
   * closed, so that the process can end. Defaults to `fileRegistry()`: the processes of one user on one machine.
   */
  readonly registry?: Registry;
  /** How an endpoint is chosen for each call. Defaults to the power of two choices on peak-EWMA latency. */
  readonly balancer?: Balancer;

  /** Whether handlers can read their call with `currentCall()`, and calls that they make inherit its deadline, cancellation and priority. Defaults to true; costs about 1 µs a call on Node 20. */
  readonly ambient?: boolean;
  /**
   * Where logs go: a logger, such as one of winston's; a level, for the default one, which writes to standard error; or
   * false, for silence. Defaults to "info".
   */
  readonly logger?: Logger | LogLevel | false;
  /**
   * Signals that stop the app: it drains, and the process ends when nothing else is left for it to do, with code 0. The
   * app does not call `process.exit`. A signal that comes again while it drains changes nothing. false: none.
   * Defaults to SIGTERM and SIGINT.
   */
  readonly signals?: readonly NodeJS.Signals[] | false;

  /**
   * What the services promise: `contract.json` as `rpc generate` wrote it, or what `contracts` of `@rpc/schema` returned. It has
   * to fit the classes that are served; arguments are checked by it before a method runs, both ends of each connection compare
   * it, and `rpc describe` shows it. Services that it does not have are served as without. Defaults to none.
   */
  readonly contract?: Contract | Contracts;
  /**
   * Whether arguments are checked: by the contract, and by decorators of class-validator on DTO classes. What is wrong fails with
   * `invalid_argument` / `INVALID_ARGUMENTS`. Defaults to true.
   */
  readonly validate?: boolean;

  /** What concerns serving alone: interceptors around handlers, admissions, limits, weight and tags, `drainMs`. */
  readonly serve?: AppServeOptions;
  /** What concerns calling alone: timeoutMs, interceptors around calls, retries, queues. */
  readonly connect?: AppConnectOptions;
}
