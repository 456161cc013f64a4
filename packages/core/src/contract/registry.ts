/** Where something listens, as a URL: `tcp://127.0.0.1:7000`, `memory://prices`. The scheme chooses the transport. */
export type Address = string;

/**
 * What many ways of choosing an instance go by. Each stands among the instance's tags, under its own name and as text; an
 * empty text takes it away.
 */
export interface NamedTags {
  /** Which instances are called by whom: a canary, a tenant. */
  readonly group?: string;
  /** Where it runs, for those who call what is near. */
  readonly zone?: string;
  /** Of what it serves. */
  readonly version?: string;
  /** Where on the globe, in degrees: from -90, the south pole, to 90. */
  readonly latitude?: number;
  /** In degrees, from -180 to 180, east of Greenwich above 0. */
  readonly longitude?: number;
}

/**
 * What the instance itself, or an operator, may change while it runs. A field that is left out stays as it is. Of two changes
 * of tags at the same moment, named ones included, the later may undo the other.
 */
export interface NodeState extends NamedTags {
  /** Share of the calls, against the others' weights. */
  readonly weight?: number;
  /** Take the place of all tags it has, those with names above, too. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Listed, but not to be called. */
  readonly inactive?: boolean;
}

/** One instance of a service, as clients see it in a list. */
export interface Endpoint {
  /** The instance's id: one for each start of a process, so that a restart at the same address is another instance. */
  readonly id: string;
  readonly address: Address;
  /** Share of the calls, against the others' weights. 1 unless set. */
  readonly weight: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Listed, but not to be called. */
  readonly inactive: boolean;
}

/** What a process registers: one of its services at its endpoint. */
export interface Entry extends Endpoint {
  readonly service: string;
}

/** A hold on what was registered, kept alive by the adapter until it is released or lost. */
export interface Lease {
  /**
   * Resolves, and never rejects, with the reason once the entries are gone against the holder's will. Core registers
   * again.
   */
  readonly lost: Promise<Error>;
  /**
   * Replaces what is registered under this lease, and with it what `setState` changed: who wants to keep that says it
   * again.
   */
  update(entries: readonly Entry[]): Promise<void>;
  /** Takes the entries away; resolves when others can no longer see them. May be called twice. */
  release(): Promise<void>;
}

/**
 * Where processes find each other. An adapter stays small: it yields what it sees, or throws. Retry, backoff,
 * last known lists and guards against shrunk lists live once, in core.
 */
export interface Registry {
  /** Registers the entries of one process under one lease. */
  register(entries: readonly Entry[]): Promise<Lease>;
  /**
   * Yields the whole list of a service: at once, then after each change. An end or a throw means the watch was lost.
   * Ends without a throw when `signal` aborts.
   */
  watch(service: string, signal: AbortSignal): AsyncIterable<readonly Endpoint[]>;
  /** Returns the list of a service as it is now. */
  list(service: string, signal: AbortSignal): Promise<readonly Endpoint[]>;
  /**
   * Yields the sorted names of all services that have an instance: at once, then after each change. Ends like
   * `watch`.
   */
  services(signal: AbortSignal): AsyncIterable<readonly string[]>;
  /**
   * Changes the state of a registered instance, whoever registered it, until its own `update`; others see it as a
   * changed list. Rejects with an error that names the instance if it is not registered, and with a TypeError for a
   * weight that is not a finite number from 0 up, or degrees that are not on the globe.
   */
  setState(service: string, id: string, patch: NodeState): Promise<void>;
  /** Ends watches and releases what this object registered. May be called twice. */
  close(): Promise<void>;
}
