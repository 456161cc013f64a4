import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Order, OrderLine } from "../order.js";

/** An order as the client sends it. */
export interface Sent {
  readonly orderId: string;
  readonly customer: string;
  readonly lines: OrderLine[];
}

/** What the client keeps of an answer. */
export interface Receipt {
  readonly orderId: string;
  readonly placement: string;
  readonly totalCents: number;
}

/** Where the client notes each order before it sends it, and each answer. */
export interface Ledger {
  sent(order: Sent): void;
  answered(order: Order): void;
}

const sentFile = "sent.jsonl";
const receiptsFile = "receipts.jsonl";

/** Opens the ledger in a folder; without a folder nothing is noted. A note is there, whatever becomes of this process. */
export function openLedger(folder: string | undefined): Ledger {
  const note = (file: string, entry: Sent | Receipt) => {
    if (folder !== undefined) appendFileSync(join(folder, file), `${JSON.stringify(entry)}\n`);
  };
  return {
    sent: (order) => note(sentFile, order),
    answered: (order) => {
      const { orderId, placement } = order;
      note(receiptsFile, { orderId, placement, totalCents: order.totalCents() });
    },
  };
}

/** Reads all notes: an order for each time that it was sent, a receipt for each answer. */
export function readLedger(folder: string): { readonly sent: readonly Sent[]; readonly receipts: readonly Receipt[] } {
  return { sent: notesIn(folder, sentFile), receipts: notesIn(folder, receiptsFile) };
}

function notesIn<T>(folder: string, name: string): T[] {
  const file = join(folder, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as T);
}
