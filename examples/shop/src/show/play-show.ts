import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createOnlooker } from "./onlooker.js";
import { type Options, serverCount } from "./options.js";
import { prove } from "./proof.js";
import type { Screen } from "./screen.js";
import { createShop, type Shop } from "./shop-processes.js";
import { introduce, showFigures, showProof, showVerdict } from "./summary.js";

/** When servers are killed, as a share of the time; how long they stay dead, in ms. */
const killAfter = 0.4;
const deadMs = 1_500;
/** For how long orders go on once a server is back, in ms; how long it may take to get and answer the first of them. */
const backMs = 2_500;
const firstAnswerMs = 10_000;

const servers = Array.from({ length: serverCount }, (_, index) => `server ${index + 1}`);

export interface ShowOptions {
  /** An empty folder for all that the run leaves on the disk. */
  readonly folder: string;
  readonly options: Options;
  readonly screen: Screen;
  readonly stop: AbortSignal;
}

/**
 * Plays the show, from the first process to the proof. Resolves to whether all went well; rejects when a process ended that should
 * not have, or when `stop` aborts. Either way no process is left.
 */
export async function playShow({ folder, options, screen, stop }: ShowOptions): Promise<boolean> {
  const onlooker = createOnlooker(screen, servers);
  const trouble = new AbortController();
  const shop = createShop({
    folder,
    servers,
    rate: options.rate,
    onMessage: onlooker.see,
    onTrouble: (error) => trouble.abort(error),
  });
  const signal = AbortSignal.any([stop, trouble.signal]);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

  const play = async (): Promise<void> => {
    await shop.open();
    onlooker.begin();
    const endsAt = performance.now() + options.seconds * 1_000;
    await sleep(options.seconds * 1_000 * killAfter, undefined, { signal });
    await Promise.all(options.kill.map(killAndRestart));
    await sleep(Math.max(0, endsAt - performance.now()), undefined, { signal });
    await shop.close();
  };

  const killAndRestart = async (number: number): Promise<void> => {
    const server = servers[number - 1]!;
    onlooker.killed(server, await shop.kill(server));
    await sleep(deadMs, undefined, { signal });
    const answered = onlooker.back(server, await shop.restart(server));
    await sleep(backMs, undefined, { signal });
    await Promise.race([answered, sleep(firstAnswerMs, undefined, { signal, ref: false })]);
  };

  introduce(screen, options, servers);
  try {
    await Promise.race([play(), aborted]);
  } finally {
    await shop.killAll();
  }
  if (options.loseAnOrder) loseAnOrder(shop);
  const proof = prove(shop.store, shop.ledger);
  showFigures(screen, onlooker.figures());
  showProof(screen, proof);
  return showVerdict(screen, proof, onlooker.complaints());
}

/** Does what must never happen, so that it can be seen that the proof finds out. */
function loseAnOrder({ store }: Shop): void {
  const orders = readdirSync(join(store, "orders")).sort();
  rmSync(join(store, "orders", orders[Math.floor(orders.length / 2)]!));
}
