import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import test from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openProgram } from "@rpc/bench/processes";
import type { LedgerQuestions } from "../faults/ledger.js";
import { atEnd } from "../wire/ground/at-end.js";
import { onTcp } from "../wire/ground/grounds.js";
import { until } from "../wire/ground/until.js";
import { open, request } from "../wire/raw/frames.js";
import { raw } from "../wire/raw/raw.js";

/** More than one read of them fits into the kernel's buffer, which the server finds when it goes on. */
const expiring = 20;
const padding = "x".repeat(4_000);

/** A signal is only on its way when `kill` returns. Where the system does not say, it is taken for arrived. */
function isStopped(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return !existsSync(file) || readFileSync(file, "latin1").split(") ").at(-1)!.startsWith("T");
}

for (const [what, quietMs] of [
  ["was at work", 0],
  ["had nothing to do", 1_600],
] as const) {
  test(`what expired in the socket's buffer of a server that was stopped is never run, and what did not is (it ${what})`, async (t) => {
    const server = openProgram<LedgerQuestions>({
      file: new URL("../faults/server.fixture.js", import.meta.url),
      name: "server that is stopped",
    });
    atEnd(t, () => server.kill());
    const address = await server.ask("listen", {});
    const peer = await raw.greeted(t, address, onTcp().transport);
    peer.send(open("Ledger", ["once"]), request({ id: 2, args: [1] }));
    await peer.expect("opened");
    await peer.expect("response", { id: 2 });
    await delay(quietMs);
    server.signal("SIGSTOP");
    await until("it has stopped", () => isStopped(server.pid));
    const ids = Array.from({ length: expiring }, (_, n) => 3 + n);
    for (const id of ids) peer.send(request({ id, args: [id, padding], timeLeftMs: 300 }));
    peer.send(request({ id: 1_000, args: [1_000], timeLeftMs: 60_000 }));
    await delay(900);
    server.signal("SIGCONT");
    const outcomes = new Map<number, string | undefined>();
    while (outcomes.size < expiring + 1) {
      const { id, kind, fault } = await peer.next();
      outcomes.set(id, kind === "reject" ? fault?.reason : String(kind));
    }
    assert.equal(outcomes.get(1_000), "response");
    assert.deepEqual(
      ids.map((id) => outcomes.get(id)),
      ids.map(() => "DEADLINE_EXCEEDED"),
    );
    assert.deepEqual(Object.keys(await server.ask("ran", {})), ["1", "1000"]);
  });
}
