import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Estimate, estimateMedian } from "../statistics/median.js";
import type { Random } from "../statistics/random.js";

/** How much longer a process takes that imports a module; or why it could not be told. */
export type ImportTime = { readonly subject: string; readonly module: string } & (
  | { readonly aboveEmptyMs: Estimate; readonly emptyMs: number }
  | { readonly error: string }
);

const modules: Readonly<Record<string, string>> = { core: "@rpc/core", app: "@rpc/decorators" };
const program = fileURLToPath(new URL("./import-one.js", import.meta.url));
const emptyModule = new URL("./empty.js", import.meta.url).href;

/**
 * Measures what importing a subject's module costs above an empty module: two processes are run one after the other,
 * `pairs` times, in an order drawn anew; the figure is the median of the differences.
 */
export function measureImport(subject: string, pairs: number, random: Random): ImportTime {
  const module = modules[subject]!;
  const differences: number[] = [];
  const empty: number[] = [];
  try {
    runOnce(module);
    for (let pair = 0; pair < pairs; pair++) {
      const isFirst = random() < 0.5;
      const firstMs = runOnce(isFirst ? module : emptyModule);
      const secondMs = runOnce(isFirst ? emptyModule : module);
      differences.push(isFirst ? firstMs - secondMs : secondMs - firstMs);
      empty.push(isFirst ? secondMs : firstMs);
    }
    return { subject, module, aboveEmptyMs: estimateMedian(differences, random), emptyMs: Math.min(...empty) };
  } catch (cause) {
    return { subject, module, error: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Returns how long a process lived that imports the module, in ms. */
function runOnce(module: string): number {
  const startedAt = performance.now();
  const { status, stderr, error } = spawnSync(process.execPath, [program, module], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: 20_000,
  });
  const tookMs = performance.now() - startedAt;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`Importing ${module} failed: ${stderr.trim().slice(0, 500)}`);
  return tookMs;
}
