import type { Listed } from "./command.js";

/** The commands, in the order of `rpc --help`. One that is not asked for is not loaded: `rpc --help` is quick. */
export const listed: readonly Listed[] = [
  {
    name: "new",
    summary: "write a new project: two services, tests, Dockerfile, manifests",
    load: () => import("./commands/new.js"),
  },
  {
    name: "add",
    summary: "add a service to a project: class, test, manifest, client",
    load: () => import("./commands/add.js"),
  },
  {
    name: "generate",
    summary: "write clients and contract.json from @Service classes",
    load: () => import("./commands/generate.js"),
  },
  {
    name: "check",
    summary: "say what a changed contract would break",
    load: () => import("./commands/check.js"),
  },
  {
    name: "list",
    summary: "list services and their instances",
    load: () => import("./commands/list.js"),
  },
  {
    name: "describe",
    summary: "show the methods and types of a service",
    load: () => import("./commands/describe.js"),
  },
  {
    name: "call",
    summary: "call a method, with arguments and answer in JSON",
    load: () => import("./commands/call.js"),
  },
  {
    name: "watch",
    summary: "show instances come and go, their rates, latency and errors, live",
    load: () => import("./commands/watch.js"),
  },
  {
    name: "bench",
    summary: "put a method under load, and tell its rate and latency",
    load: () => import("./commands/bench.js"),
  },
  {
    name: "doctor",
    summary: "look for what is wrong with this machine, project and registry",
    load: () => import("./commands/doctor.js"),
  },
  {
    name: "completion",
    summary: "print what makes bash or zsh complete rpc's commands and options",
    load: async () => (await import("./commands/completion.js")).completionOf(listed),
  },
];

/** Returns the name of the command that these arguments are for. Options of all commands take no values, so it is the first word. */
export function commandOf(argv: readonly string[]): string | undefined {
  const words = argv.filter((each) => !each.startsWith("-"));
  return words[0] === "help" ? words[1] : words[0];
}
