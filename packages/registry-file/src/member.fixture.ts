import { createHash } from "node:crypto";
import type { Entry, Lease, Registry } from "@rpc/core";
import { fileRegistry } from "./file-registry.js";
import { thisProcess } from "./owner.js";

/*
 * A process for tests: uses registries as its parent says, and tells what happens. Its first argument is a `Task` as JSON.
 */

/** What a member is to do. */
export interface Task {
  readonly directory: string;
  /** "hold" registers and stays; "churn" registers, updates, changes states and releases without a pause. */
  readonly mode: "hold" | "churn";
  readonly services: readonly string[];
  /** How many registries it opens, each with a lease of its own. */
  readonly registries: number;
  /** Whether each registry watches its first service too. */
  readonly watch?: boolean;
}

/** What a member tells its parent. */
export type Told =
  | { readonly kind: "ready"; readonly ids: readonly string[] }
  | { readonly kind: "seen"; readonly count: number; readonly cpuMs: number }
  | { readonly kind: "lost"; readonly reason: string };

/** Returns an entry whose tags prove that it is whole. */
export function provenEntry(service: string, id: string, weight: number): Entry {
  const proof = createHash("sha256").update(`${service} ${id} ${weight}`).digest("hex");
  return {
    service,
    id,
    address: `tcp://127.0.0.1:${weight}`,
    weight,
    tags: { proof, padding: "x".repeat(weight % 5_000) },
    inactive: false,
  };
}

if (process.send !== undefined) {
  process.on("disconnect", () => process.exit());
  await run(JSON.parse(process.argv[2]!) as Task);
}

async function run(task: Task): Promise<void> {
  const registries = Array.from({ length: task.registries }, () => fileRegistry({ directory: task.directory }));
  if (task.mode === "churn") await Promise.all(registries.map((registry, i) => churn(registry, task.services, i)));
  const ids = registries.map((_, i) => `${process.pid}-${thisProcess().startedAt}-${i}`);
  await Promise.all(registries.map((registry, i) => hold(registry, ids[i]!, task)));
  tell({ kind: "ready", ids });
}

async function hold(registry: Registry, id: string, task: Task): Promise<void> {
  const lease = await registry.register(task.services.map((service) => provenEntry(service, id, 7_000)));
  void lease.lost.then(async (error) => {
    tell({ kind: "lost", reason: error.message });
    await hold(registry, id, { ...task, watch: false });
  });
  if (task.watch) void report(registry, task.services[0]!);
}

async function report(registry: Registry, service: string): Promise<void> {
  for await (const list of registry.watch(service, new AbortController().signal)) {
    const { user, system } = process.cpuUsage();
    tell({ kind: "seen", count: list.length, cpuMs: (user + system) / 1_000 });
  }
}

async function churn(registry: Registry, services: readonly string[], place: number): Promise<never> {
  for (let round = 0; ; round++) {
    const id = `${process.pid}-${place}-${round}`;
    const entries = (weight: number) => services.map((service) => provenEntry(service, id, weight));
    const lease: Lease = await registry.register(entries(1));
    for (let weight = 2; weight < 12; weight++) {
      await lease.update(entries(weight * 400));
      await registry.setState(services[0]!, id, { inactive: weight % 2 === 0 });
    }
    await lease.release();
  }
}

function tell(told: Told): void {
  process.send?.(told);
}
