/** What can be lent: it ends by itself, or is closed. */
export interface Lendable {
  readonly ended: boolean;
  close(): Promise<void>;
}

/** One thing that several use: opened for the first of them, closed behind the last. */
export interface Loans<T> {
  /** Rejects where it cannot be opened; the next call tries again. */
  borrow(): Promise<T>;
  giveBack(lent: T): void;
  /** Returns what is lent right now, if anything is. */
  lent(): T | undefined;
  /** Closes what is lent, whoever uses it; resolves when nothing is left open. */
  close(): Promise<void>;
}

/** Returns loans of what `open` opens. What has ended by itself is not lent again. */
export function createLoans<T extends Lendable>(open: () => Promise<T>): Loans<T> {
  const users = new Map<T, number>();
  const closing = new Set<Promise<void>>();
  let opening: Promise<T> | undefined;

  const shut = (lent: T) => {
    users.delete(lent);
    const closed = lent.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };

  return {
    borrow: async () => {
      for (;;) {
        opening ??= open();
        const mine = opening;
        try {
          const lent = await mine;
          if (!lent.ended) {
            users.set(lent, (users.get(lent) ?? 0) + 1);
            return lent;
          }
        } catch (error) {
          if (opening === mine) opening = undefined;
          throw error;
        }
        if (opening === mine) opening = undefined;
      }
    },
    giveBack: (lent) => {
      const left = (users.get(lent) ?? 0) - 1;
      if (left > 0) users.set(lent, left);
      else shut(lent);
    },
    lent: () => [...users.keys()].find(({ ended }) => !ended),
    close: async () => {
      const last = await opening?.catch(() => undefined);
      for (const lent of new Set([...users.keys(), ...(last === undefined ? [] : [last])])) shut(lent);
      await Promise.all(closing);
    },
  };
}
