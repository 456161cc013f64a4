import { setImmediate as turn } from "node:timers/promises";
import type { OpenClient, OpenServer, Subject } from "../subjects/subject.js";
import { subjectNamed } from "../subjects/subjects.js";
import { driveCalls, driveFor } from "../workloads/drive.js";
import { workloads } from "../workloads/workloads.js";
import type { Request, RequestName, Requests, Response, Side } from "./requests.js";

/*
 * The process of one side of one subject: `child.js SIDE SUBJECT [AGAINST]`. Does what it is asked over its channel to
 * the run, and ends with it.
 */

type Answers = { readonly [Name in RequestName]: (ask: Requests[Name]["ask"]) => Promise<Requests[Name]["answer"]> };

const [side, name, against] = process.argv.slice(2) as [Side, string, string | undefined];
let subject: Subject | undefined;
let open: OpenServer | OpenClient | undefined;

const answers: Answers = {
  async open({ address }) {
    subject = await subjectNamed(name).load(against);
    open = side === "server" ? await subject.serve() : await subject.connect(address);
    return "address" in open ? open.address : "";
  },
  async verify({ workload }) {
    await workloads[workload].verify(client().calls);
    return null;
  },
  async drive({ workload, ...options }) {
    return driveFor(workloads[workload], client().calls, options);
  },
  async count({ workload, count, inFlight }) {
    await driveCalls(workloads[workload], client().calls, count, inFlight);
    return null;
  },
  async cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  async heap() {
    return settledHeapBytes();
  },
  async end() {
    await open?.close();
    return null;
  },
};

function client(): OpenClient {
  if (open === undefined || !("calls" in open)) throw new Error("This process is not an open client.");
  return open;
}

/** Collects until a collection frees nothing more: finalizers and freed buffers take a turn or two. */
async function settledHeapBytes(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("Start the process with --expose-gc.");
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 6; attempt++) {
    await turn();
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

async function respond(request: Request): Promise<Response> {
  try {
    const answer = answers[request.name] as (ask: object) => Promise<unknown>;
    return { number: request.number, answer: await answer(request.ask) };
  } catch (cause) {
    return { number: request.number, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
  }
}

process.on("message", (request: Request) => {
  void respond(request).then((response) => {
    process.send?.(response, () => {
      if (request.name === "end") process.exit(0);
    });
  });
});
// Ctrl-C reaches the whole group: the run ends its children, in its own order. Without the run there is nothing to do.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));
