import { setTimeout as delay } from "node:timers/promises";
import { answerQuestions } from "@rpc/bench/processes";
import { bind, type Registry, RpcError, type Server, serve } from "@rpc/core";
import { machineMs } from "./machine-time.js";
import { openNotes } from "./notes.js";
import type { Behaviour, Runs, ServerQuestions } from "./questions.js";
import { openWaits } from "./waits.js";
import { registryAt } from "./where.js";
import { WorkService } from "./work.js";

/* A server of chaos, in a process of its own. */

const waits = openWaits();
let behaviour: Behaviour = { takesMs: 0, unavailable: false };
let runs: Runs = { count: 0, firstAt: 0, lastAt: 0 };
let note: (call: number) => void = () => {};
let server: Server | undefined;
let registry: Registry | undefined;

async function run(call: number): Promise<number> {
  const at = machineMs();
  runs = { count: runs.count + 1, firstAt: runs.firstAt || at, lastAt: at };
  if (behaviour.unavailable) throw new RpcError("unavailable", "told to fail");
  if (behaviour.takesMs > 0) await delay(behaviour.takesMs);
  return call;
}

const work = bind(WorkService, {
  again: run,
  once(call) {
    note(call);
    return run(call);
  },
});

answerQuestions<ServerQuestions>(
  {
    async open({ where, port, notes, ...first }) {
      behaviour = first;
      note = openNotes(notes);
      registry = registryAt(where);
      server = await serve({ services: [work], listen: `tcp://127.0.0.1:${port}`, registry });
      return { id: server.instance, openedAt: machineMs() };
    },
    async behave(next) {
      behaviour = next;
      return null;
    },
    runs: async () => runs,
    waited: async ({ fromMs, toMs }) => waits.within(fromMs, toMs),
    async close() {
      const closingAt = machineMs();
      await close();
      return { ...runs, closingAt };
    },
  },
  close,
);

async function close(): Promise<void> {
  await server?.close();
  await registry?.close();
  server = registry = undefined;
}
