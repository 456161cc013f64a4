import { detached } from "../ambient/index.js";
import type { Clock } from "../contract/clock.js";
import type { BreakingDifference, Contracts } from "../contract/contracts.js";
import type { Logger } from "../contract/logger.js";
import type { ServiceDescriptor } from "../contract/method.js";
import { PeerCalls } from "../host/peer-calls.js";
import { ReflectionService } from "../host/reflection.js";
import { schemaHashOf } from "../service/schema-hash.js";
import type { RemoteService } from "../session/remote-service.js";
import type { Session } from "../session/session.js";
import { createClient } from "./create-client.js";

/** Versions of servers whose differences are remembered; of what comes beyond nothing is found out. */
const mostVersions = 256;
/** Differences that are told of one method: the first say enough. */
const mostTold = 3;
/** How long a server may take to tell its contract, in ms. */
const fetchMs = 10_000;

/**
 * Finds out whether servers have another contract than this client was built from. Runs when a service was opened on a
 * connection, and never on the way of a call: equal and unknown hashes are silent; for others the server's contract is
 * fetched, once for each version of it, and only what breaks is told.
 */
export class ContractComparison {
  readonly #contract: Contracts;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** By the service and what its server's hashes are. */
  readonly #found = new Map<string, Promise<readonly BreakingDifference[]>>();

  constructor(contract: Contracts, clock: Clock, logger: Logger) {
    this.#contract = contract;
    this.#clock = clock;
    this.#logger = logger;
  }

  onOpened(service: ServiceDescriptor, session: Session, { schemaHashes }: RemoteService): void {
    const differs = service.methods.some((method) => {
      const [ours, theirs] = [schemaHashOf(method, this.#contract), schemaHashes.get(method.name)];
      return ours !== undefined && theirs !== undefined && ours !== theirs;
    });
    if (!differs) return;
    const key = JSON.stringify([service.name, ...schemaHashes]);
    let found = this.#found.get(key);
    if (found === undefined) {
      if (this.#found.size >= mostVersions) return;
      // What opened the connection may be a handler: its deadline is not this call's.
      found = detached(() => this.#find(service.name, session));
      this.#found.set(key, found);
      // A server that went away, or was not asked in time, is asked again when the next connection is opened.
      found.catch((error: unknown) => {
        this.#found.delete(key);
        this.#logger.debug(`whether ${session.peer.address} breaks the contract of ${service.name} is not known`, {
          service: service.name,
          endpoint: session.peer.address,
          error: String(error),
        });
      });
    }
    found.then(
      (differences) => note(session, service, differences),
      () => {},
    );
  }

  async #find(service: string, session: Session): Promise<readonly BreakingDifference[]> {
    const reflection = createClient(ReflectionService, new PeerCalls(session).invoke, {
      clock: this.#clock,
      timeoutMs: fetchMs,
    });
    const theirs = await reflection.contract(service);
    if (theirs === null) return [];
    const differences = this.#contract.breaking(service, theirs);
    if (differences.length > 0)
      this.#logger.warn(`the contract of ${service} at ${session.peer.address} breaks this client's`, {
        service,
        endpoint: session.peer.address,
        differences: differences.slice(0, 20).map(({ method, what }) => `${method}: ${what}`),
      });
    return differences;
  }
}

/** Lets errors of the methods that break say so. */
function note(session: Session, service: ServiceDescriptor, differences: readonly BreakingDifference[]): void {
  if (differences.length === 0) return;
  const notes = new Map(session.contractNotes);
  for (const { name, path } of service.methods) {
    const own = differences.filter(({ method }) => method === name).map(({ what }) => what);
    const more = own.length > mostTold ? `; and ${own.length - mostTold} more` : "";
    if (own.length > 0) notes.set(path, `its server's contract differs: ${own.slice(0, mostTold).join("; ")}${more}`);
  }
  session.contractNotes = notes;
}
