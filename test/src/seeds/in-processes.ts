import { type ChildProcess, fork } from "node:child_process";

/** Nearly all that a run makes is garbage soon: collected in larger lots it costs a sixth less CPU. */
const nodeOptions = ["--max-semi-space-size=64"];

/** Runs a module in several processes, each with its arguments and its own number behind them; hears what they send. */
export async function inProcesses(
  module: URL,
  args: readonly number[],
  workers: number,
  onMessage: (message: unknown) => void,
): Promise<void> {
  await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const child = fork(module, [...args, workers, worker].map(String), { execArgv: nodeOptions });
      child.on("message", onMessage);
      return ended(child, worker);
    }),
  );
}

/** Sends a message to the process that started this one; resolves when it has left. */
export function tell(message: object): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

function ended(child: ChildProcess, worker: number): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`worker ${worker} ended with ${signal ?? code}`));
    });
  });
}
