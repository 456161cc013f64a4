const listening = new Map<
  NodeJS.Signals,
  { readonly hear: () => void; readonly waiting: Set<(signal: NodeJS.Signals) => void> }
>();

/**
 * Calls `run` when the process gets one of the signals. Returns what ends that. All apps of a process share one
 * listener for each signal, which is there only as long as one of them wants it.
 */
export function onSignals(signals: readonly NodeJS.Signals[], run: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) waitersFor(signal).add(run);
  return () => {
    for (const signal of signals) leave(signal, run);
  };
}

function waitersFor(signal: NodeJS.Signals): Set<(signal: NodeJS.Signals) => void> {
  const known = listening.get(signal);
  if (known !== undefined) return known.waiting;
  const waiting = new Set<(signal: NodeJS.Signals) => void>();
  const hear = (): void => {
    for (const run of [...waiting]) run(signal);
  };
  listening.set(signal, { hear, waiting });
  process.on(signal, hear);
  return waiting;
}

function leave(signal: NodeJS.Signals, run: (signal: NodeJS.Signals) => void): void {
  const known = listening.get(signal);
  if (known === undefined) return;
  known.waiting.delete(run);
  if (known.waiting.size > 0) return;
  process.removeListener(signal, known.hear);
  listening.delete(signal);
}
