/** What happens when the queue in front of the socket is full: the oldest unwritten call fails, or the new one does, or the new one waits for room. */
export type WhenFull = "evict" | "refuse" | "wait";
