import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NodeState } from "@rpc/core";
import { storedState } from "@rpc/core/discovery";
import type { Directory } from "./directory.js";
import { claim } from "./drafts.js";
import { failure, noInstance } from "./failures.js";
import { parseName, patchName } from "./file-names.js";
import { encodeText } from "./file-text.js";
import type { Instance } from "./lists.js";

/** How often others may be quicker before something must be wrong. */
const attempts = 1_000;

/**
 * Changes the state of the instance that `lookup` finds, whoever registered it. Each change is a file of its own
 * which says all that was changed so far, and whose name nobody else can have taken: of two who change the same
 * instance at once, the second begins again with what the first wrote. It belongs to one revision of its lease, so
 * that the owner's next update replaces it in the same instant. If the owner updates before the change stands, the
 * change is made to what the owner wrote.
 */
export async function changeState(
  directory: Directory,
  lookup: () => Promise<Instance | undefined>,
  { service, id }: { readonly service: string; readonly id: string },
  patch: NodeState,
): Promise<void> {
  storedState({ tags: {} }, patch); // what cannot be is a TypeError, not a failure of the directory
  try {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const instance = await lookup();
      if (instance === undefined) throw noInstance(service, id, directory.path);
      if ((await write(directory, instance, patch)) && (await stillCurrent(directory, instance))) return;
    }
    throw new Error("others keep changing it");
  } catch (error) {
    throw failure(`change the state of instance ${JSON.stringify(id)}`, directory.path, error);
  }
}

/** Returns false where another change came first. */
async function write(directory: Directory, { endpoint, lease, place }: Instance, patch: NodeState): Promise<boolean> {
  const { count, state } = lease.patches.get(place) ?? { count: 0, state: {} };
  const name = (number: number) => patchName(lease.id, lease.revision, place, number);
  const claimed = await claim(
    directory,
    lease.id,
    name(count + 1),
    encodeText({ ...state, ...storedState(endpoint, patch) }),
  );
  // The one before stays: a listing that runs just now may overlook a name which is being added.
  if (claimed && count > 1) await rm(join(directory.path, name(count - 1)), { force: true });
  return claimed;
}

/** Whether the change was made to what still counts: else the owner has updated, or left. */
async function stillCurrent(directory: Directory, { lease }: Instance): Promise<boolean> {
  const revisions = (await readdir(directory.path)).flatMap((name) => {
    const file = parseName(name);
    return file?.kind === "lease" && file.lease === lease.id ? [file.revision] : [];
  });
  return Math.max(...revisions) === lease.revision;
}
