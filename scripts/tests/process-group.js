/** Process groups: how the runner ends what a process of tests has started, and finds what it forgot. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const graceMs = 1_000;

/** Ends every process of the group at once. One that is gone already is no error. */
export function killGroup(/** @type {number | undefined} */ group) {
  if (group === undefined) return;
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/**
 * The processes of a group that still run after a moment of grace, as `id command`.
 * Empty where there is no /proc to read them from.
 */
export async function survivors(/** @type {number | undefined} */ group) {
  const until = performance.now() + graceMs;
  for (;;) {
    const alive = group === undefined || !existsSync("/proc") ? [] : members(group);
    if (alive.length === 0 || performance.now() > until) return alive;
    await delay(20);
  }
}

/** @returns {string[]} */
function members(/** @type {number} */ group) {
  return readdirSync("/proc").flatMap((id) => {
    if (!/^\d+$/.test(id)) return [];
    try {
      // proc(5): id (command) state parent group …; the command may hold any character, also a parenthesis
      const stat = readFileSync(`/proc/${id}/stat`, "utf8");
      const [state, , itsGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(itsGroup) !== group || state === "Z") return [];
      return [`${id} ${readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
    } catch {
      return []; // it ended in between
    }
  });
}
