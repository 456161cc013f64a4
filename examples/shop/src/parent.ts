import type { Message } from "./show/messages.js";

/** Whether this process was started by one that listens to it, and not by hand. */
export const hasParent = process.send !== undefined;

/** Sends a message to the process that started this one; resolves when it has left. Does nothing without a parent. */
export function tellParent(message: Message): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

/** Lets this process end with the one that started it, however that ended. Changes nothing without a parent. */
export function followParent(): void {
  if (!hasParent) return;
  process.on("disconnect", () => process.exit(1));
  // The listener holds the channel open, which must not hold up an orderly end.
  process.channel?.unref();
}
