import { Session } from "./session.js";
import type { SessionsOptions } from "./sessions-options.js";

/** What is told of changes. */
export interface Listener {
  /** A node that was watched has changed: the watch is over. */
  changed(path: string): void;
  /** Changes may have been missed, and no watch is left: all is to be read again. */
  missed(): void;
}

/** The sessions of a registry, one after the other. */
export interface Sessions {
  /** Returns the session at hand, and opens one where there is none. Throws once it was closed. */
  current(): Session;
  listen(listener: Listener): void;
  close(): Promise<void>;
}

/** Opens a session when one is asked for, and the next when that is over. */
export function createSessions(options: SessionsOptions): Sessions {
  const listeners = new Set<Listener>();
  let session: Session | undefined;
  let closed = false;
  const missed = (): void => {
    for (const listener of listeners) listener.missed();
  };
  return {
    current() {
      if (closed) throw new Error("the registry is closed");
      if (session === undefined || session.over) {
        session = new Session(
          options,
          (path) => {
            for (const listener of listeners) listener.changed(path);
          },
          missed,
        );
        session.onEnd(missed);
      }
      return session;
    },
    listen: (listener) => void listeners.add(listener),
    async close() {
      closed = true;
      await session?.close();
    },
  };
}
