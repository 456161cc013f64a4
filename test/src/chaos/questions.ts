import type { Ended, Span } from "./outcomes.js";
import type { Where } from "./where.js";

/** How a server answers from now on. */
export interface Behaviour {
  /** How long it takes for a call, in ms. */
  readonly takesMs: number;
  /** Whether it fails each call with `unavailable`. */
  readonly unavailable: boolean;
}

/** When the handlers of a server were started, on the machine's time. */
export interface Runs {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What a server of chaos is asked. */
export interface ServerQuestions {
  /** Listens and registers; answers when both are done, or the registry has been away for a while. */
  open: {
    readonly ask: Behaviour & { readonly where: Where; readonly port: number; readonly notes: string };
    readonly answer: { readonly id: string; readonly openedAt: number };
  };
  behave: { readonly ask: Behaviour; readonly answer: null };
  runs: { readonly ask: object; readonly answer: Runs };
  /** How long the machine let it wait, in ms. */
  waited: { readonly ask: Period; readonly answer: number };
  /** Ends gently, as at SIGTERM. */
  close: { readonly ask: object; readonly answer: Runs & { readonly closingAt: number } };
}

/** From when to when, on the machine's time. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Load {
  readonly method: "again" | "once" | "both";
  readonly perSecond: number;
}

/** What the client of chaos is asked. */
export interface ClientQuestions {
  /** Connects, in place of what it was connected to before; answers once a call was. */
  open: { readonly ask: { readonly where: Where; readonly balancer: "default" | "roundRobin" }; readonly answer: null };
  /** The ids of the servers among which it chooses now. */
  ready: { readonly ask: object; readonly answer: readonly string[] };
  /** Forgets what was, and makes calls at a rate, whatever becomes of them. */
  begin: { readonly ask: Load; readonly answer: null };
  /** What became of the calls that were due in a time. */
  span: { readonly ask: Period; readonly answer: Span };
  /** How long the machine let it wait, in ms. */
  waited: { readonly ask: Period; readonly answer: number };
  /** Makes no more calls; answers when each has an outcome. */
  rest: { readonly ask: object; readonly answer: Ended };
}
