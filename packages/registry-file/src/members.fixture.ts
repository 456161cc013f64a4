import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Task, Told } from "./member.fixture.js";

const memberFile = fileURLToPath(new URL("./member.fixture.js", import.meta.url));

/** A member process and what it has told so far. */
export interface Member {
  readonly process: ChildProcess;
  readonly told: readonly Told[];
  /**
   * Resolves with the first thing told for which `test` holds, past or to come; rejects when the member ends before.
   */
  until(test: (told: Told) => boolean): Promise<Told>;
  /** Sends a signal; for SIGKILL, resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a member. */
function startMember(task: Task): Member {
  const child = fork(memberFile, [JSON.stringify(task)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const told: Told[] = [];
  child.on("message", (message) => told.push(message as Told));
  const exited = once(child, "exit");
  return {
    process: child,
    told,
    until: async (test) => {
      for (;;) {
        const found = told.find(test);
        if (found !== undefined) return found;
        const gone = await Promise.race([once(child, "message").then(() => false), exited.then(() => true)]);
        if (gone) throw new Error(`member ${child.pid} ended; it told ${JSON.stringify(told)}`);
      }
    },
    kill: async (signal) => {
      child.kill(signal);
      if (signal === "SIGKILL") await exited;
    },
  };
}

/** Runs `body`, then kills every member that `start` started, whatever happened. */
export async function withMembers(body: (start: (task: Task) => Member) => Promise<void>): Promise<void> {
  const members: Member[] = [];
  try {
    await body((task) => {
      const member = startMember(task);
      members.push(member);
      return member;
    });
  } finally {
    await Promise.all(
      members.map(
        async ({ process, kill }) => process.exitCode === null && process.signalCode === null && kill("SIGKILL"),
      ),
    );
  }
}
