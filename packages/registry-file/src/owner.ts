import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { isMainThread } from "node:worker_threads";

/** A process, so that others can tell whether it still runs. */
export interface Owner {
  readonly pid: number;
  /**
   * When it was started, in clock ticks since the machine was; tells it from a later process with its number. Empty
   * where that is not known.
   */
  readonly startedAt: string;
  /** The machine since its last start, and the namespaces in which the numbers above count. */
  readonly machine: string;
}

/**
 * "unknown" where only the heartbeat can tell: another machine or container, or a system that does not say when a
 * process was started.
 */
export type Verdict = "alive" | "dead" | "unknown";

/**
 * Returns this process. A worker thread cannot be told from its process, so it leaves its start out: its heartbeat
 * counts.
 */
export function thisProcess(): Owner {
  self ??= describeSelf();
  return self;
}

/** Returns whether a process surely runs, surely does not, or neither, as seen from `from`. */
export function verdictOn(owner: Owner, from: Owner): Verdict {
  if (owner.machine !== from.machine) return "unknown";
  if (!exists(owner.pid)) return "dead";
  if (owner.startedAt === "") return "unknown";
  const now = processAt(owner.pid);
  if (now === undefined) return "unknown";
  return now.startedAt === owner.startedAt && !ended.includes(now.state) ? "alive" : "dead";
}

let self: Owner | undefined;

/** States of a process that will not run again: zombie, dead. proc_pid_stat(5). */
const ended = ["Z", "X", "x"];

function describeSelf(): Owner {
  const { pid, platform } = process;
  if (platform !== "linux") return { pid, startedAt: "", machine: `${platform} ${hostname()}` };
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    const spaces = ["pid", "time"].map(namespaceOf).join(" ");
    const { startedAt } = parseStat(readFileSync("/proc/self/stat", "latin1"), pid);
    return { pid, startedAt: isMainThread ? startedAt : "", machine: `${boot} ${spaces}` };
  } catch {
    // No usable /proc: a machine of its own, on which only heartbeats count.
    return { pid, startedAt: "", machine: randomUUID() };
  }
}

function namespaceOf(kind: string): string {
  try {
    return readlinkSync(`/proc/self/ns/${kind}`);
  } catch (error) {
    if (kind === "time") return "";
    throw error;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

const statBytes = Buffer.allocUnsafe(1_024);

/** Returns undefined where the system does not let us look. */
function processAt(pid: number): { state: string; startedAt: string } | undefined {
  try {
    const file = openSync(`/proc/${pid}/stat`, "r");
    try {
      return parseStat(statBytes.toString("latin1", 0, readSync(file, statBytes, 0, statBytes.length, 0)), pid);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/**
 * Reads fields 3 and 22 of proc_pid_stat(5). The second, a name in parentheses, may itself have any of the
 * separators.
 */
function parseStat(text: string, pid: number): { state: string; startedAt: string } {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, startedAt] = [fields[0], fields[19]];
  if (!text.startsWith(`${pid} (`) || !state || !startedAt) throw new Error(`/proc does not tell of process ${pid}`);
  return { state, startedAt };
}
