import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { PricedLine } from "../order.js";
import { type Receipt, readLedger, type Sent } from "./ledger.js";

/** The price list, written down a second time: a proof that asked the shop for its prices would prove nothing. */
const euros: Readonly<Record<string, number>> = {
  apple: 0.45,
  bread: 3.49,
  cheese: 12.99,
  coffee: 8.99,
  honey: 6.75,
  olives: 4.2,
};

/** What can be wrong with an order. */
export type Fault = "missing" | "extra" | "placed twice" | "altered" | "priced wrong" | "without stock";

/** What is wrong with an order. */
export interface Problem {
  readonly orderId: string;
  readonly fault: Fault;
  readonly why: string;
}

/** What the files of the store say, compared with the client's notes. */
export interface Proof {
  readonly sent: number;
  /** Of the orders sent, those that were sent a second time. */
  readonly sentTwice: number;
  readonly stored: number;
  readonly reserved: number;
  readonly totalCents: number;
  /** None if every order was placed exactly once and priced right. */
  readonly problems: readonly Problem[];
}

interface StoredOrder extends Sent {
  readonly lines: PricedLine[];
  readonly placement: string;
}

/** Reads the files of the store and the client's notes, and judges every order that either of them knows. */
export function prove(store: string, ledger: string): Proof {
  const notes = readLedger(ledger);
  const sent = new Map(notes.sent.map((order) => [order.orderId, order]));
  const stored = filesIn<StoredOrder>(join(store, "orders"));
  const reserved = filesIn<Sent>(join(store, "reservations"));
  const receipts = receiptsOf(notes.receipts);

  const ids = [...new Set([...sent.keys(), ...stored.keys(), ...reserved.keys()])].sort();
  return {
    sent: sent.size,
    sentTwice: notes.sent.length - sent.size,
    stored: stored.size,
    reserved: reserved.size,
    totalCents: [...stored.values()].reduce((sum, { lines }) => sum + totalOf(lines), 0),
    problems: ids.flatMap((orderId) =>
      judge(sent.get(orderId), stored.get(orderId), reserved.get(orderId), receipts.get(orderId) ?? []).map(
        ([fault, why]) => ({ orderId, fault, why }),
      ),
    ),
  };
}

function judge(
  sent: Sent | undefined,
  stored: StoredOrder | undefined,
  reserved: Sent | undefined,
  receipts: readonly Receipt[],
): [Fault, string][] {
  if (sent === undefined) return [["extra", "it is in the store, and nobody sent it"]];
  if (stored === undefined) return [["missing", "it was sent, and is not in the store"]];
  const { orderId, customer, lines, placement } = stored;
  const ordered = { orderId, customer, lines: lines.map(({ product, quantity }) => ({ product, quantity })) };
  const others = receipts.filter((receipt) => receipt.placement !== placement);
  const right = sent.lines.reduce((sum, line) => sum + line.quantity * unitCents(line.product, line.quantity), 0);

  const problems: [Fault, string][] = [];
  if (others.length > 0) problems.push(["placed twice", `as "${placement}" and as "${others[0]?.placement}"`]);
  if (!isDeepStrictEqual(ordered, sent)) problems.push(["altered", "the store holds another order than was sent"]);
  for (const total of [totalOf(lines), ...receipts.map(({ totalCents }) => totalCents)]) {
    if (total !== right) problems.push(["priced wrong", `${total} cents, and ${right} would be right`]);
  }
  if (!isDeepStrictEqual(reserved?.lines, sent.lines)) {
    problems.push(["without stock", "no pieces, or other pieces, are set aside for it"]);
  }
  return problems;
}

function unitCents(product: string, quantity: number): number {
  const cents = Math.round((euros[product] ?? Number.NaN) * 100);
  return quantity < 10 ? cents : cents - Math.ceil(cents / 10);
}

function totalOf(lines: readonly PricedLine[]): number {
  return lines.reduce((sum, { quantity, unitCents }) => sum + quantity * unitCents, 0);
}

/** Each file's content by its name without the ending. */
function filesIn<T>(folder: string): Map<string, T> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return new Map(
    names.map((name) => [name.slice(0, -".json".length), JSON.parse(readFileSync(join(folder, name), "utf8")) as T]),
  );
}

function receiptsOf(receipts: readonly Receipt[]): Map<string, Receipt[]> {
  const byOrder = new Map<string, Receipt[]>();
  for (const receipt of receipts) {
    const known = byOrder.get(receipt.orderId);
    if (known === undefined) byOrder.set(receipt.orderId, [receipt]);
    else known.push(receipt);
  }
  return byOrder;
}
