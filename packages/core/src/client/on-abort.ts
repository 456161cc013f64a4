/** Something that ends when a signal aborts. */
export interface Abortable {
  onAbort(): void;
}

/** What waits for one signal: a single listener, however many calls share the signal. */
class Waiting extends Set<Abortable> {
  handleEvent(): void {
    for (const member of [...this]) member.onAbort();
  }
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/** Tells `member` when `signal` aborts, until `forgetAbort`. */
export function tellAbort(signal: AbortSignal, member: Abortable): void {
  let members = waiting.get(signal);
  if (members === undefined) {
    members = new Waiting();
    waiting.set(signal, members);
  }
  if (members.size === 0) signal.addEventListener("abort", members);
  members.add(member);
}

/** Takes `member` back. The signal has no listener of ours left when it was the last. */
export function forgetAbort(signal: AbortSignal, member: Abortable): void {
  const members = waiting.get(signal);
  if (members?.delete(member) && members.size === 0) signal.removeEventListener("abort", members);
}
