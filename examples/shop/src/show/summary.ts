import type { Figures } from "./messages.js";
import type { Options } from "./options.js";
import type { Fault, Proof } from "./proof.js";
import type { Screen } from "./screen.js";

/** How many problems are shown one by one. */
const shown = 10;

const format = (count: number): string => count.toLocaleString("en-US");
const euros = (cents: number): string => (cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2 });

/** Says what is about to happen. */
export function introduce(screen: Screen, { rate, kill, seconds }: Options, servers: readonly string[]): void {
  const killed = kill.map((number) => servers[number - 1]);
  const third =
    killed.length === 0
      ? "No server is killed this time."
      : `On the way ${killed.join(" and ")} ${killed.length === 1 ? "is" : "are"} killed with SIGKILL and started again.`;
  screen.line(
    `A shop of three services (Prices, Stock, Orders) runs as ${servers.length} identical servers that find each other.`,
  );
  screen.line(
    `A client places ${format(rate)} orders a second for ${seconds} s; for each, Orders calls Prices and Stock on any of them.`,
  );
  screen.line(`${third} No call may fail, and no order be lost or placed twice.`);
  screen.line("");
}

/** Shows the figures of the whole run. */
export function showFigures(screen: Screen, { calls, failed, retried, latencyMs }: Figures): void {
  const [p50, p99, max] = [latencyMs.p50, latencyMs.p99, latencyMs.max].map((ms) => ms.toFixed(1));
  screen.line("");
  screen.line(
    `${format(calls)} calls, ${format(failed)} failed, ${format(retried)} took more than one attempt. Latency: p50 ${p50} ms, p99 ${p99} ms, max ${max} ms.`,
  );
}

/** Shows what the store says, and what is wrong with it. */
export function showProof(screen: Screen, { sent, sentTwice, stored, reserved, totalCents, problems }: Proof): void {
  const having = (fault: Fault) => problems.filter((problem) => problem.fault === fault).length;
  const faults = (...names: Fault[]) => names.map((fault) => `${format(having(fault))} ${fault}`).join(", ");
  screen.line("The proof, read from the files of the store:");
  screen.line(`  ${format(sent)} orders were sent, ${format(sentTwice)} of them twice at once`);
  screen.line(`  ${format(stored)} orders are in the store: ${faults("missing", "extra", "placed twice", "altered")}`);
  screen.line(`  ${euros(totalCents)} euros in all: ${faults("priced wrong")}, by a second price list`);
  screen.line(`  ${format(reserved)} orders have their stock set aside: ${faults("without stock")}`);
  for (const { orderId, fault, why } of problems.slice(0, shown))
    screen.line(`  ${orderId} is ${fault}: ${why}`, "bad");
  if (problems.length > shown) screen.line(`  and ${format(problems.length - shown)} more`, "bad");
}

/** Shows what it all comes to. Returns whether all went well. */
export function showVerdict(screen: Screen, proof: Proof, complaints: readonly string[]): boolean {
  const wrong = [...complaints, ...(proof.problems.length > 0 ? ["the store does not hold what was sent"] : [])];
  if (wrong.length > 0) screen.line(`FAILED: ${wrong.join("; ")}.`, "bad");
  else screen.line("Every order was placed exactly once and priced right.", "good");
  return wrong.length === 0;
}
