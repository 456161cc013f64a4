import { openRunFolder } from "./run-folder.js";

/** A process that can be ended at once. */
export interface Started {
  kill(): Promise<void>;
}

/** Sees to it that a run leaves no process and no file behind, however it ends. */
export interface Guard {
  /** Takes note of a process that was started. */
  readonly onChild: (child: Started) => void;
  /** Ends what still runs and removes the run's folder. To be called once, at the end. */
  close(): Promise<void>;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Makes the run's folder, and ends everything on Ctrl-C and its like, with exit code 130. If this process is killed
 * outright its children end by themselves, and only the folder stays.
 */
export function openGuard(): Guard {
  const children: Started[] = [];
  const removeFolder = openRunFolder();
  const onSignal = (): void => {
    for (const child of children) void child.kill();
    removeFolder();
    process.exit(130);
  };
  for (const signal of signals) process.once(signal, onSignal);
  return {
    onChild(child) {
      children.push(child);
    },
    async close() {
      await Promise.all(children.map((child) => child.kill()));
      removeFolder();
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
