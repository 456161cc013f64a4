import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcError } from "@rpc/core";
import { settings } from "./settings.js";

/** A folder of the shop's store, which all servers share: one file for each key, written once. */
export interface Shelf<T> {
  /** Keeps `value` under `key` unless something is there already. Returns what is there now. */
  keepOnce(key: string, value: T): Promise<T>;
}

/**
 * Opens a shelf; makes its folder where it is missing. It needs no server: the file system itself decides who was first.
 *
 * What was kept survives the death of any process at any moment. To survive a loss of power too, the file and its folder would
 * have to be synced, which would make this example measure the disk.
 */
export function openShelf<T>(name: string): Shelf<T> {
  const folder = join(settings.store, name);
  const drafts = join(settings.store, "drafts");
  for (const path of [folder, drafts]) mkdirSync(path, { recursive: true, mode: 0o700 });

  return {
    keepOnce: async (key, value) => {
      checkKey(key);
      const file = join(folder, `${key}.json`);
      const draft = join(drafts, randomUUID());
      await writeFile(draft, JSON.stringify(value), { flag: "wx", mode: 0o600 });
      try {
        // Whole or not at all, and never over another: a link appears in one step, and fails where its name is taken.
        await link(draft, file);
        return value;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        return JSON.parse(await readFile(file, "utf8")) as T;
      } finally {
        await unlink(draft);
      }
    },
  };
}

/** A key becomes a file's name, and comes from outside. No capitals: not every file system tells them apart. */
function checkKey(key: unknown): void {
  if (typeof key === "string" && /^[a-z0-9-]{1,64}$/.test(key)) return;
  throw new RpcError("invalid_argument", "an order's id has 1 to 64 letters a-z, digits and hyphens", {
    reason: "BAD_ORDER_ID",
  });
}
