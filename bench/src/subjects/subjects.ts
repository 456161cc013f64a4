import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { WorkloadName } from "../workloads/workloads.js";
import type { CoreBounds } from "./core.js";
import type { Subject } from "./subject.js";

/** What the run knows of a subject; its code is loaded in its own processes only. */
export interface SubjectEntry {
  readonly name: string;
  readonly title: string;
  readonly workloads: readonly WorkloadName[];
  /** It is measured only where it is named. */
  readonly apart?: true;
  /** `against` is the other build's folder, where one was given. */
  load(against: string | undefined): Promise<Subject>;
}

const all: readonly WorkloadName[] = ["echo", "add", "body-581", "body-4k", "body-64k"];

/** Bounds with room for 10,000 calls in flight on one connection. */
const wide: CoreBounds = {
  limits: { inFlight: 16_384, sendQueueEntries: 16_384 },
  handlersRunning: 16_384,
  waitQueueEntries: 16_384,
};

/** Everything that can be measured, in the order of the tables. */
export const subjects: readonly SubjectEntry[] = [
  {
    name: "bare",
    title: "bare socket, msgpackr",
    workloads: all,
    load: async () => (await import("./bare.js")).bare,
  },
  {
    name: "bare-own",
    title: "bare socket, our codec",
    workloads: all,
    load: async () => (await import("./bare-own-codec.js")).bareOwnCodec,
  },
  {
    name: "bare-tls",
    title: "bare TLS socket, msgpackr",
    workloads: ["echo"],
    apart: true,
    load: async () => (await import("./bare-tls.js")).bareTls,
  },
  {
    name: "core",
    title: "ours, core alone",
    workloads: all,
    load: async () => (await import("./core.js")).coreFrom("@rpc/core"),
  },
  {
    name: "before",
    title: "ours, core of the other build",
    workloads: all,
    load: async (against = ".") => {
      const file = resolve(against, "packages/core/dist/index.js");
      return (await import("./core.js")).coreFrom(pathToFileURL(file).href);
    },
  },
  {
    name: "core-tls",
    title: "ours over TLS, core alone",
    workloads: ["echo"],
    apart: true,
    load: async () => (await import("./core-tls.js")).coreTls,
  },
  {
    name: "core-wide",
    title: "ours, 16,384 calls in flight",
    workloads: ["echo"],
    apart: true,
    load: async () => (await import("./core.js")).coreFrom("@rpc/core", wide),
  },
  {
    name: "app",
    title: "ours, decorated app",
    workloads: ["echo", "add"],
    load: async () => (await import("./app.js")).app,
  },
  {
    name: "nest",
    title: "NestJS TCP",
    workloads: ["echo"],
    load: async () => (await import("./nest.js")).nest,
  },
  {
    name: "grpc",
    title: "@grpc/grpc-js",
    workloads: ["echo"],
    load: async () => (await import("./grpc.js")).grpc,
  },
];

/** Returns the subject of that name. Throws with the names there are. */
export function subjectNamed(name: string): SubjectEntry {
  const found = subjects.find((subject) => subject.name === name);
  if (found !== undefined) return found;
  throw new Error(`No subject "${name}": choose one of ${subjects.map((subject) => subject.name).join(", ")}.`);
}
