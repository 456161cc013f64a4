import type { Entry, Lease } from "../contract/registry.js";
import { entryFrom } from "./entry.js";
import { leaseEnded, registryFailed } from "./refusals.js";
import type { RegistryParts } from "./store.js";

/** What becomes of a lease; it only goes forward. */
type State = { readonly kind: "held" } | { readonly kind: "ended"; readonly why: "lost" | "released" };

/**
 * Registers entries under a new lease. One thing after the other is done to it, as it was asked for. Calls `onEnd` when
 * there is nothing to release any more. A store that is only read holds nothing: there a lease is never lost.
 */
export async function openLease(
  { store, name, logger }: RegistryParts,
  entries: readonly Entry[],
  onEnd: (lease: Lease) => void,
): Promise<Lease> {
  let state: State = { kind: "held" };
  let tail: Promise<unknown> = Promise.resolve();
  let tellLost = (_reason: Error): void => {};
  const lost = new Promise<Error>((resolve) => {
    tellLost = resolve;
  });
  const end = (why: "lost" | "released"): void => {
    state = { kind: "ended", why };
    onEnd(lease);
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = tail.then(work);
    tail = done.catch(() => {});
    return done;
  };
  const lease: Lease = {
    lost,
    update: async (next) => {
      const checked = next.map(entryFrom);
      await inTurn(async () => {
        if (state.kind === "ended") throw leaseEnded(state.why);
        await holding?.replace(checked).catch((cause: unknown) => {
          throw registryFailed(name, "update what is registered", cause);
        });
      });
    },
    release: () =>
      inTurn(async () => {
        if (state.kind === "ended") return;
        end("released");
        await holding?.drop().catch((cause: unknown) => {
          throw registryFailed(name, "release what was registered", cause);
        });
      }),
  };
  const onLost = (reason: Error): void => {
    if (state.kind === "ended") return;
    end("lost");
    tellLost(reason);
  };
  const checked = entries.map(entryFrom);
  if (store.hold === undefined && checked.length > 0) {
    logger.info(`${name} is only read: what this process serves is listed by whoever writes there`);
  }
  const holding = await store.hold?.(checked, onLost).catch((cause: unknown) => {
    throw registryFailed(name, "register", cause);
  });
  return lease;
}
