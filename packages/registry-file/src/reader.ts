import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger, NodeState } from "@rpc/core";
import { isMissing } from "./failures.js";
import { type LeaseId, leaseName, parseName, patchName } from "./file-names.js";
import { decodeLease, decodePatch, type LeaseText } from "./file-text.js";

/** A lease as the directory shows it. */
export interface LeaseSeen extends LeaseText {
  readonly id: LeaseId;
  readonly revision: number;
  /** Changed states, by the place of the entry. */
  readonly patches: ReadonlyMap<number, PatchSeen>;
}

export interface PatchSeen {
  readonly count: number;
  readonly state: NodeState;
}

/** What a directory holds; the same object as long as that has not changed. */
export interface Contents {
  readonly leases: readonly LeaseSeen[];
}

/** Files read at a time, so that a directory of thousands does not take all descriptors. */
const atOnce = 16;

/** How often a read begins again because files were replaced meanwhile, before it does with what it has. */
const attempts = 10;

/**
 * Returns a function that reads a directory. It opens only files it has not read before: a name's text never changes.
 * A damaged file is left out, and told once. Rejects with the system's error where the directory cannot be read.
 */
export function createReader(directory: string, logger: Logger): () => Promise<Contents> {
  let known: Texts = new Map();
  let listed = "";
  let contents: Contents = { leases: [] };

  const decoded = (name: string, decode: () => Text) => {
    try {
      return decode();
    } catch (error) {
      const fields = { file: join(directory, name), why: String(error) };
      logger.warn("skipped a file of the registry that cannot be used", fields);
      return undefined;
    }
  };

  /** Reads a file into `texts`; returns false where it is no longer there. */
  const load = async (texts: Texts, { name, decode }: Wanted): Promise<boolean> => {
    try {
      const text = await readFile(join(directory, name), "utf8");
      texts.set(
        name,
        decoded(name, () => decode(text)),
      );
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  };

  /**
   * Returns the texts of all that is wanted, and whether any of it vanished meanwhile. Several may run at a time:
   * each has a map of its own.
   */
  const loadAll = async (wanted: readonly Wanted[]): Promise<{ texts: Texts; complete: boolean }> => {
    const texts: Texts = new Map(wanted.flatMap(({ name }) => (known.has(name) ? [[name, known.get(name)]] : [])));
    const missing = wanted.filter(({ name }) => !texts.has(name));
    let complete = true;
    for (let i = 0; i < missing.length; i += atOnce) {
      const loaded = await Promise.all(missing.slice(i, i + atOnce).map((file) => load(texts, file)));
      complete &&= loaded.every(Boolean);
    }
    return { texts, complete };
  };

  return async () => {
    for (let attempt = 1; ; attempt++) {
      const names = (await readdir(directory)).sort();
      if (names.join() === listed) return contents;
      const current = currentOf(names);
      const { texts, complete } = await loadAll(current.flatMap(wantedOf));
      known = texts;
      if (!complete && attempt < attempts) continue;
      listed = complete ? names.join() : "";
      contents = { leases: current.flatMap((lease) => seenOf(lease, texts)) };
      return contents;
    }
  };
}

type Text = LeaseText | NodeState;

/** What files say, by their names; undefined for one that cannot be used. */
type Texts = Map<string, Text | undefined>;

interface Wanted {
  readonly name: string;
  readonly decode: (text: string) => Text;
}

interface Current {
  readonly id: LeaseId;
  readonly revision: number;
  readonly name: string;
  readonly patches: Map<number, { readonly name: string; readonly count: number }>;
}

/** Chooses the highest revision of each lease, and of its entries' patches those with the highest counts. */
function currentOf(names: readonly string[]): Current[] {
  const parsed = names.flatMap((name) => parseName(name) ?? []);
  const current = new Map<LeaseId, Current>();
  for (const { kind, lease: id, revision } of parsed) {
    if (kind !== "lease" || revision < (current.get(id)?.revision ?? 0)) continue;
    current.set(id, { id, revision, name: leaseName(id, revision), patches: new Map() });
  }
  for (const file of parsed) {
    if (file.kind !== "patch") continue;
    const lease = current.get(file.lease);
    if (lease?.revision !== file.revision || file.count < (lease.patches.get(file.place)?.count ?? 0)) continue;
    lease.patches.set(file.place, {
      name: patchName(file.lease, file.revision, file.place, file.count),
      count: file.count,
    });
  }
  return [...current.values()];
}

function wantedOf({ name, patches }: Current): Wanted[] {
  const changes = [...patches.values()].map((patch) => ({ name: patch.name, decode: decodePatch }));
  return [{ name, decode: decodeLease }, ...changes];
}

function seenOf(current: Current, texts: Texts): LeaseSeen[] {
  const lease = texts.get(current.name) as LeaseText | undefined;
  if (lease === undefined) return [];
  const patches = [...current.patches].flatMap(([place, { name, count }]) => {
    const state = texts.get(name) as NodeState | undefined;
    return state === undefined ? [] : [[place, { count, state }] as const];
  });
  return [{ id: current.id, revision: current.revision, ...lease, patches: new Map(patches) }];
}
