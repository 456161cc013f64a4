import type { Random } from "../../contract/clock.js";
import { RpcError } from "../../contract/errors.js";
import type { Address } from "../../contract/registry.js";
import type { Listener, Transport } from "../../contract/transport.js";
import { type NetworkConditions, Route, usualConditions } from "./conditions.js";
import { forkedRandom } from "./forked-random.js";
import { Pipe } from "./pipe.js";
import { type Host, SimulatedSocket } from "./socket.js";
import { Rank, type VirtualTime } from "./virtual-time.js";

interface Listening {
  readonly host: Host;
  readonly accept: (stream: SimulatedSocket, remote: Address) => void;
}

interface Link {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly sockets: readonly [SimulatedSocket, SimulatedSocket];
  readonly pipes: readonly [Pipe, Pipe];
  open: number;
}

/** Connections between processes, `sim://process` or `sim://process/name`, and what may happen to them. */
export class Network {
  readonly #time: VirtualTime;
  readonly #seed: number;
  readonly #conditions: Required<NetworkConditions>;
  readonly #routes = new Map<string, Route>();
  readonly #listening = new Map<Address, Listening>();
  readonly #links = new Set<Link>();
  /** By direction: numbers of connections, so that each has random numbers of its own. */
  readonly #numbers = new Map<string, number>();

  constructor(time: VirtualTime, seed: number, conditions: NetworkConditions) {
    this.#time = time;
    this.#seed = seed;
    this.#conditions = { ...usualConditions, ...conditions };
  }

  /** Connections of which an end is open. */
  get connections(): number {
    return this.#links.size;
  }

  /** The most bytes that any stream of any process holds. */
  get mostHeldBytes(): number {
    let most = 0;
    for (const { sockets } of this.#links) for (const { heldBytes } of sockets) most = Math.max(most, heldBytes);
    return most;
  }

  route(from: string, to: string): Route {
    const key = `${from}>${to}`;
    let route = this.#routes.get(key);
    if (route === undefined) {
      route = new Route(this.#conditions);
      this.#routes.set(key, route);
    }
    return route;
  }

  /** Breaks the connections between two processes: both ends see a reset, and all that was under way is lost. */
  cut(a: string, b: string): number {
    const hit = [...this.#links].filter(({ from, to }) => (from === a && to === b) || (from === b && to === a));
    for (const { pipes } of hit) for (const pipe of pipes) pipe.break();
    return hit.length;
  }

  /** A process is gone: its listeners too, and its system closes its sockets. */
  forget(host: Host): void {
    for (const [address, listening] of this.#listening) if (listening.host === host) this.#listening.delete(address);
    for (const { sockets } of [...this.#links])
      for (const socket of sockets) if (socket.host === host) socket.abandon();
  }

  /** Returns the network as one process sees it. */
  transportOf(host: Host): Transport {
    return {
      connect: (address, signal) => this.#connect(host, address, signal),
      local: true,
      listen: async (address, accept): Promise<Listener> => {
        if (hostOf(address) !== host.name) throw cannotListen(address, `this process is sim://${host.name}`);
        if (this.#listening.has(address)) throw cannotListen(address, "the address is taken");
        const listening: Listening = { host, accept };
        this.#listening.set(address, listening);
        return {
          address,
          close: async () => {
            if (this.#listening.get(address) === listening) this.#listening.delete(address);
          },
        };
      },
    };
  }

  #connect(host: Host, address: Address, signal: AbortSignal): Promise<SimulatedSocket> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const to = hostOf(address);
      let made: SimulatedSocket | undefined;
      let over = false;
      const onAbort = (): void => {
        over = true;
        reject(signal.reason);
        made?.on("error", () => {});
        made?.destroy();
      };
      signal.addEventListener("abort", onAbort);
      const answered = (): void => {
        if (over) return;
        signal.removeEventListener("abort", onAbort);
        made?.claim();
        if (made === undefined) reject(refused(address));
        else resolve(made);
      };
      this.#travel(host.name, to, `connects`, () => {
        if (over || host.clock.running === "gone") return;
        const listening = this.#listening.get(address);
        if (listening !== undefined) made = this.#open(host, listening);
        this.#travel(to, host.name, made === undefined ? "refuses" : "accepts", () =>
          host.clock.turn(Rank.network, "connected", answered),
        );
      });
    });
  }

  /** Lets something get from one process to another, when the way is free. */
  #travel(from: string, to: string, what: string, arrive: () => void): void {
    const route = this.route(from, to);
    const go = (): void => {
      this.#time.after(route.conditions.latencyMs, Rank.network, `${from}>${to} ${what}`, () => {
        if (route.blocked) route.whenFree(go);
        else arrive();
      });
    };
    if (route.blocked) route.whenFree(go);
    else go();
  }

  #open(dialler: Host, { host: acceptor, accept }: Listening): SimulatedSocket {
    const pair = `${dialler.name}>${acceptor.name}`;
    const number = (this.#numbers.get(pair) ?? 0) + 1;
    this.#numbers.set(pair, number);
    const name = `${pair}#${number}`;
    const pipe = (from: string, to: string, side: string, end: 0 | 1): Pipe =>
      new Pipe({
        time: this.#time,
        route: this.route(from, to),
        random: this.#random(`${name} ${side}`),
        name: `${name} ${side}`,
        onArrival: () => sockets[end].onArrival(),
      });
    const up = pipe(dialler.name, acceptor.name, "up", 1);
    const down = pipe(acceptor.name, dialler.name, "down", 0);
    const socket = (host: Host, output: Pipe, input: Pipe): SimulatedSocket =>
      new SimulatedSocket({
        host,
        output,
        input,
        random: this.#random(`${name} ${host.name}`),
        onClosed: () => {
          if (--link.open === 0) this.#links.delete(link);
        },
      });
    const sockets = [socket(dialler, up, down), socket(acceptor, down, up)] as const;
    const link: Link = { from: dialler.name, to: acceptor.name, name, sockets, pipes: [up, down], open: 2 };
    this.#links.add(link);
    acceptor.clock.turn(Rank.network, "accepts", () => {
      sockets[1].claim();
      accept(sockets[1], `sim://${dialler.name}/${number}`);
    });
    return sockets[0];
  }

  #random(name: string): Random {
    return forkedRandom(this.#seed, name);
  }
}

/** Returns the process of `sim://process` or `sim://process/name`. */
function hostOf(address: Address): string {
  return /^sim:\/\/([^/]+)/.exec(address)?.[1] ?? "";
}

function refused(address: Address): RpcError {
  return new RpcError("unavailable", `cannot connect to ${address}: nobody listens there (ECONNREFUSED)`, {
    reason: "CONNECT_FAILED",
    processed: "no",
    endpoint: address,
  });
}

function cannotListen(address: Address, why: string): RpcError {
  return new RpcError("unavailable", `cannot listen on ${address}: ${why}`, {
    reason: "LISTEN_FAILED",
    processed: "no",
    endpoint: address,
  });
}
