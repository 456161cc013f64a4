import type { OpenClient, OpenServer, Subject } from "../subjects/subject.js";
import { subjectNamed } from "../subjects/subjects.js";
import { driveCalls, driveFor } from "../workloads/drive.js";
import { openLoop } from "../workloads/open-loop.js";
import { workloads } from "../workloads/workloads.js";
import { answerQuestions } from "./answer-questions.js";
import type { Requests, Side } from "./requests.js";
import { settledMemory } from "./settled-memory.js";

/*
 * The process of one side of one subject: `child.js SIDE SUBJECT [AGAINST]`. Does what it is asked over its channel to
 * the run, and ends with it.
 */

const [side, name, against] = process.argv.slice(2) as [Side, string, string | undefined];
let subject: Subject | undefined;
let open: OpenServer | OpenClient | undefined;

answerQuestions<Requests>(
  {
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
    async openLoop(options) {
      return openLoop(client().calls, options);
    },
    async writes() {
      if (open?.writes === undefined) throw new Error("The subject does not count its writes.");
      return open.writes();
    },
    async cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    memory: settledMemory,
  },
  async () => open?.close(),
);

function client(): OpenClient {
  if (open === undefined || !("calls" in open)) throw new Error("This process is not an open client.");
  return open;
}
