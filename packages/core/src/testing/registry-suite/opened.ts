import type { TestContext } from "node:test";
import type { Endpoint, Entry, Registry } from "../../contract/index.js";

/** A registry under test, with views of it as other processes would have. */
export interface OpenedRegistry {
  /** The one most is done with. The suite closes it. */
  readonly registry: Registry;
  /** Another process's view of the same registry. The suite closes it. */
  again(): Promise<Registry>;
  /** Takes away what `open` made. Called once, after every registry was closed. */
  close(): Promise<void>;
}

/** Makes an empty registry, apart from all others. Called once for each test. */
export type OpenRegistry = () => Promise<OpenedRegistry>;

/** What a registry may not be able to do. What is left out it can. */
export interface RegistryAbilities {
  /** Whether an operator can change the state of what another process registered. Defaults to true. */
  readonly states?: boolean;
}

/** What a test works with: the registry, a second process's view of it, and more views where two are too few. */
export interface Views {
  readonly mine: Registry;
  readonly theirs: Registry;
  readonly again: () => Promise<Registry>;
}

/** Returns the body of a test which opens two views, runs `body`, and closes everything whatever happened. */
export function withViews(open: OpenRegistry, body: (views: Views, t: TestContext) => Promise<void>) {
  return async (t: TestContext): Promise<void> => {
    const opened = await open();
    const views: Registry[] = [opened.registry];
    const again = async () => {
      const view = await opened.again();
      views.push(view);
      return view;
    };
    try {
      await body({ mine: opened.registry, theirs: await again(), again }, t);
    } finally {
      await Promise.all(views.map((view) => view.close()));
      await opened.close();
    }
  };
}

/** Returns an entry; what `fields` leave out is as a process without options would have it. */
export function entryOf(service: string, id: string, fields: Partial<Endpoint> = {}): Entry {
  return { service, id, address: `tcp://127.0.0.1:7000`, weight: 1, tags: {}, inactive: false, ...fields };
}

/** Returns what a list shows of an entry. */
export function shown({ id, address, weight, tags, inactive }: Entry): Endpoint {
  return { id, address, weight, tags, inactive };
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;
