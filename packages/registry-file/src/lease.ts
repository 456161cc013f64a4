import { accessSync } from "node:fs";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, Lease } from "@rpc/core";
import { entryFrom } from "@rpc/core/discovery";
import { type Directory, prepareDirectory } from "./directory.js";
import { publish, removeBelow, removeLease } from "./drafts.js";
import { failure, isMissing, leaseEnded } from "./failures.js";
import { leaseName, newLeaseId } from "./file-names.js";
import { encodeText } from "./file-text.js";
import type { Surroundings } from "./surroundings.js";

/** Beats in a row that may fail, other than because the files are gone, before the lease counts as lost. */
const failedBeats = 8;

/** What becomes of a lease; it only goes forward. */
type State = { readonly kind: "held" } | { readonly kind: "ended"; readonly why: string };

/**
 * Registers entries and keeps them registered until `release`, or until their files are gone or can no longer be kept.
 * Does not keep the process alive. Calls `onEnd` when it holds nothing any more.
 */
export async function openLease(
  directory: Directory,
  entries: readonly Entry[],
  surroundings: Surroundings,
  onEnd: () => void,
): Promise<Lease> {
  const id = newLeaseId();
  const heartbeat = join(directory.heartbeats, id);
  const registeredAt = Number(process.hrtime.bigint() / 1_000n);
  const owner = surroundings.owner();
  let revision = 0;
  let state: State = { kind: "held" };
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let tail: Promise<unknown> = Promise.resolve();
  let lose: (error: Error) => void;
  const lost = new Promise<Error>((resolve) => {
    lose = resolve;
  });

  /** One thing after the other, so that no beat looks for a file which an update is just replacing. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = tail.then(work);
    tail = done.catch(() => {});
    return done;
  };

  const write = async (next: readonly Entry[]) => {
    const text = encodeText({ owner, registeredAt, entries: next });
    await publish(directory, id, leaseName(id, revision + 1), text);
    revision++;
    // The former revision stays until the next: a listing that runs just now may overlook a name which is being added.
    if (revision > 2) await removeBelow(directory, id, revision - 1).catch(() => {});
  };

  const end = (why: string) => {
    state = { kind: "ended", why };
    clearTimeout(timer);
    onEnd();
  };

  const beat = async () => {
    if (state.kind === "ended") return;
    try {
      const now = new Date();
      await utimes(heartbeat, now, now);
      // Synchronous, because looking up a cached name costs less than handing it to another thread.
      accessSync(join(directory.path, leaseName(id, revision)));
      failures = 0;
    } catch (error) {
      if (!isMissing(error) && ++failures < failedBeats) return;
      end("lost");
      await removeLease(directory, id).catch(() => {});
      lose(failure("keep what was registered", directory.path, error));
    }
  };

  const beatLater = () => {
    timer = setTimeout(() => {
      void inTurn(beat).then(() => {
        if (state.kind === "held") beatLater();
      });
    }, surroundings.heartbeatMs).unref();
  };

  const first = entries.map(entryFrom);
  try {
    await prepareDirectory(directory);
    await writeFile(heartbeat, "", { mode: 0o600 });
    await write(first);
  } catch (error) {
    await removeLease(directory, id).catch(() => {});
    throw failure("register", directory.path, error);
  }
  beatLater();

  return {
    lost,
    update: async (next) => {
      const checked = next.map(entryFrom);
      await inTurn(async () => {
        if (state.kind === "ended") throw leaseEnded(state.why);
        await write(checked).catch((error: unknown) => {
          throw failure("update what is registered", directory.path, error);
        });
      });
    },
    release: () =>
      inTurn(async () => {
        if (state.kind === "ended") return;
        await removeLease(directory, id).catch((error: unknown) => {
          throw failure("release what was registered", directory.path, error);
        });
        end("released");
      }),
  };
}
