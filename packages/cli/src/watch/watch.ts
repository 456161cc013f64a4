import type { Clock, Endpoint, Registry } from "@rpc/core";
import { pause } from "../pause.js";
import type { Asked } from "./ask-instance.js";
import type { ClusterView } from "./cluster-view.js";
import { follow } from "./follow.js";
import { poll } from "./poll.js";

/** For so long what was opened is waited for at the end, in ms: a registry that is away may take longer. */
const patienceMs = 300;

/** How often a registry is read beside its watches, in ms: these tell that it is away within a minute or so. */
const probeMs = 5_000;

/** What there is to be watched: a registry, or what stands for one address. */
export type Listing = Pick<Registry, "services" | "watch"> & Partial<Pick<Registry, "list">>;

export interface WatchOptions {
  readonly listing: Listing;
  /** The services to watch; empty: all. */
  readonly services: readonly string[];
  readonly open: (endpoint: Endpoint) => Asked;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Keeps a view of a cluster up to date until the signal aborts; resolves soon after. */
export async function watch(view: ClusterView, options: WatchOptions): Promise<void> {
  const { listing, services, open, everyMs, clock, signal } = options;
  const watched = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  const asked = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  /** Why what is read from the registry cannot be, by what it is: one watch that is well says nothing of another. */
  const lost = new Map<string, string>();
  function tell(what: string, why: string | undefined): void {
    if (why === undefined) lost.delete(what);
    else lost.set(what, why);
    view.registry(lost.values().next().value);
  }

  function start(place: string, endpoint: Endpoint): void {
    const stop = new AbortController();
    const { ask, close } = open(endpoint);
    const ended = poll(ask, everyMs, clock, stop.signal, (answer) => view.answered(place, answer)).then(close);
    asked.set(place, { stop, ended });
  }

  function list(service: string, endpoints: readonly Endpoint[]): void {
    tell(`watch ${service}`, undefined);
    view.list(service, endpoints, clock.now());
    const listed = view.listed();
    for (const [place, { stop }] of asked)
      if (!listed.has(place)) {
        stop.abort();
        asked.delete(place);
      }
    for (const [place, endpoint] of listed) if (!asked.has(place)) start(place, endpoint);
  }

  function watchServices(names: readonly string[]): void {
    tell("services", undefined);
    for (const name of names) {
      if (watched.has(name)) continue;
      const stop = new AbortController();
      const ended = follow(
        (until) => listing.watch(name, until),
        clock,
        stop.signal,
        (endpoints) => list(name, endpoints),
        (why) => tell(`watch ${name}`, why),
      );
      watched.set(name, { stop, ended });
    }
  }

  async function probe(): Promise<void> {
    while (!signal.aborted) {
      await pause(probeMs, clock, signal);
      const [name] = watched.keys();
      if (signal.aborted || name === undefined || listing.list === undefined) continue;
      try {
        await listing.list(name, signal);
        tell("list", undefined);
      } catch (error) {
        if (!signal.aborted) tell("list", error instanceof Error ? error.message : String(error));
      }
    }
  }
  void probe();

  // A service without instances is no longer named, and its own list says so; it is watched on, for when it is back.
  if (services.length > 0) watchServices(services);
  const all =
    services.length > 0
      ? undefined
      : follow(
          (until) => listing.services(until),
          clock,
          signal,
          watchServices,
          (why) => tell("services", why),
        );
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  for (const { stop } of [...watched.values(), ...asked.values()]) stop.abort();
  const ended = Promise.all([all, ...[...watched.values(), ...asked.values()].map(({ ended }) => ended)]);
  const over = new AbortController();
  await Promise.race([ended, pause(patienceMs, clock, over.signal)]);
  over.abort();
}
