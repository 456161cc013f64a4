import {
  type Address,
  type ClientWith,
  type Connector,
  type Logger,
  type NodeState,
  type OnPeer,
  type Peer,
  RpcError,
  type ServeOptions,
  type Server,
  type ServiceDescriptor,
  serve,
} from "@rpc/core";
import type { Container, ServiceIdentifier } from "inversify";
import type { AppBindings } from "../container/app-bindings.js";
import { resolveNow } from "../container/make-instance.js";
import { type Class, isClass } from "../notes/class-ref.js";
import { serviceOf } from "../service/service-of.js";
import type { App, AppStats } from "./app.js";
import type { AppContract } from "./app-contract.js";
import type { Clients } from "./clients.js";
import { PeerListeners } from "./peer-listeners.js";
import { onSignals } from "./signals.js";

/** What an app is made of. */
export interface AppParts {
  readonly container: Container;
  /** What was made of `services` and `clients`, by class. */
  readonly instances: ReadonlyMap<unknown, object>;
  readonly clients: Clients;
  readonly appBindings: AppBindings;
  readonly connector: Connector;
  readonly closeRegistry: () => Promise<void>;
  readonly signals: readonly NodeJS.Signals[];
  readonly logger: Logger;
  /** Whether it offers services on the connections that its clients make: then it makes them at its start. */
  readonly keepsConnected: boolean;
  /** undefined: it was given none. */
  readonly contract: AppContract | undefined;
  /** Whether its clients wait for an instance for as long as it takes. */
  readonly waitsForReady: boolean;
  /** undefined: nothing is served, or it listens nowhere. */
  readonly serveOptions: ServeOptions | undefined;
}

/** Returns the app of its parts. */
export function createRunningApp(parts: AppParts): App {
  return new RunningApp(parts);
}

class RunningApp implements App {
  readonly #parts: AppParts;
  readonly #peerListeners = new PeerListeners();
  #server: Server | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #ignoreSignals = (): void => {};

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  get address(): Address {
    if (this.#server !== undefined) return this.#server.address;
    throw wrongMoment(
      this.#parts.keepsConnected && this.#parts.serveOptions === undefined
        ? "the app has no address, because it listens nowhere (listen): what it offers is called by who it connects to"
        : this.#parts.serveOptions === undefined
          ? "the app has no address, because it serves nothing: name classes in services"
          : "the app does not listen: its address is known once start() has resolved",
    );
  }

  get container(): Container {
    return this.#parts.container;
  }

  get<T>(id: ServiceIdentifier<T>): T {
    const { container, instances, appBindings } = this.#parts;
    const made = instances.get(id);
    if (made !== undefined) return made as T;
    if (this.#stopped === undefined) appBindings.provideClients();
    return resolveNow(container, id);
  }

  client<T extends object, Classes = never>(
    service: Class<T> | ServiceDescriptor<T>,
    peer?: Peer,
  ): ClientWith<T, Classes> {
    const { clients } = this.#parts;
    const descriptor = (isClass(service) ? serviceOf(service as Class<T>) : service) as ServiceDescriptor;
    return (peer === undefined ? clients.of(descriptor) : clients.ofPeer(descriptor, peer)) as ClientWith<T, Classes>;
  }

  peers(): readonly Peer[] {
    return this.#server?.peers() ?? [];
  }

  onPeer(onPeer: OnPeer): () => void {
    return this.#peerListeners.listen(onPeer);
  }

  stats(): AppStats {
    return { client: this.#parts.connector.stats(), server: this.#server?.stats() };
  }

  async setState(patch: NodeState): Promise<void> {
    if (this.#server === undefined)
      throw wrongMoment("the app does not serve: its state can be changed once start() has resolved");
    await this.#server.setState(patch);
  }

  resetStats(): void {
    this.#parts.connector.resetStats();
    this.#server?.resetStats();
  }

  start(): Promise<void> {
    if (this.#stopped !== undefined) {
      return Promise.reject(wrongMoment("the app is stopped and cannot be started again: make another with createApp"));
    }
    this.#started ??= this.#start();
    return this.#started;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const { serveOptions, logger, signals } = this.#parts;
    try {
      this.#ignoreSignals = onSignals(signals, (signal) => this.#stopOn(signal));
      if (serveOptions !== undefined) {
        this.#server = await serve(serveOptions);
        this.#peerListeners.attach(this.#server);
        const services = serveOptions.services?.map(({ service }) => service.name);
        logger.info("serving", { services, address: this.#server.address });
      }
      this.#tellChecked();
      if (this.#parts.keepsConnected) await this.#connect();
    } catch (error) {
      await this.#close().catch((closing) =>
        logger.error("the app that did not start did not close either", { error: closing }),
      );
      throw error;
    }
  }

  #tellChecked(): void {
    const { contract, logger } = this.#parts;
    if (contract === undefined || contract.covered.length + contract.uncovered.length === 0) return;
    const { covered, uncovered, check } = contract;
    if (check === undefined) logger.info("arguments are not checked", { services: [...covered, ...uncovered] });
    else logger.info("arguments are checked by the contract", { services: covered, unchecked: uncovered });
  }

  /** Who offers services must be connected to be called. Nobody there yet is no reason not to start: it goes on trying. */
  async #connect(): Promise<void> {
    const { clients, connector, logger, waitsForReady } = this.#parts;
    const connecting = clients.services.map((service) =>
      connector.ready(service).catch((error: unknown) => {
        if (this.#stopped === undefined)
          logger.warn("not connected yet, so what is offered cannot be called", { service: service.name, error });
      }),
    );
    if (!waitsForReady) await Promise.all(connecting);
  }

  async #stop(): Promise<void> {
    // Where starting failed it has closed everything itself.
    const failed = await this.#started?.then(
      () => false,
      () => true,
    );
    if (failed !== true) await this.#close();
  }

  /** In this order, so that handlers which still run can call others to the end. */
  async #close(): Promise<void> {
    const { connector, closeRegistry, appBindings } = this.#parts;
    const steps = [
      () => this.#server?.close(),
      () => connector.close(),
      () => closeRegistry(),
      () => appBindings.withdraw(),
    ];
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#ignoreSignals();
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, "the app did not stop as it should");
  }

  #stopOn(signal: NodeJS.Signals): void {
    if (this.#stopped !== undefined) return;
    const { logger } = this.#parts;
    logger.info(`${signal}: the app drains`);
    this.stop().catch((error) => {
      logger.error("the app did not stop as it should", { error });
      process.exitCode = 1;
    });
  }
}

function wrongMoment(message: string): RpcError {
  return new RpcError("failed_precondition", message, { reason: "WRONG_MOMENT", processed: "no" });
}
