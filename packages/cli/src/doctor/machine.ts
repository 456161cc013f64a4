import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { type Finding, ok, warning, wrong } from "./finding.js";

/** Fewer file descriptors hold fewer than the 10,000 connections that a server takes. */
const enoughDescriptors = 20_000;
/** A clock that goes so much faster or slower than the other one is being moved, in ms within `lookMs`. */
const driftMs = 20;
const lookMs = 200;

export function lookAtNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const fits = major > 20 || (major === 20 && minor >= 20);
  return fits ? ok("Node", version) : wrong("Node", version, "Node 20.20 or later is needed");
}

/** Whether the clock is moved while we look, and whether it can be right at all: certificates are judged by it. */
export async function lookAtClock(): Promise<Finding> {
  const [began, steady] = [Date.now(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, lookMs));
  const drift = Math.abs(Date.now() - began - (performance.now() - steady));
  const installed = (await stat(new URL(import.meta.url))).mtimeMs;
  if (Date.now() < installed - 86_400_000)
    return wrong(
      "clock",
      `${new Date().toISOString()} is before rpc was installed`,
      "set it, by NTP: TLS refuses certificates",
    );
  return drift > driftMs
    ? warning(
        "clock",
        `it was moved by ${drift.toFixed(0)} ms within ${lookMs} ms`,
        "look at what sets it: certificates and logs go by it; deadlines do not",
      )
    : ok("clock", new Date().toISOString());
}

/** Whether a port can be listened on: the one that is asked for, or any on loopback. */
export async function lookAtPort(port: number | undefined): Promise<Finding> {
  const failed = await listens(port ?? 0);
  const subject = port === undefined ? "ports" : `port ${port}`;
  if (failed === undefined) return ok(subject, "loopback can be listened on");
  const fix =
    failed === "EADDRINUSE"
      ? "another process has it: choose another one, or 0 for any"
      : "see what the system forbids";
  return wrong(subject, `127.0.0.1 cannot be listened on: ${failed}`, fix);
}

function listens(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}

/** How many files and sockets a process may have open: that bounds its connections. */
export async function lookAtDescriptors(): Promise<Finding> {
  const limits = await readFile("/proc/self/limits", "latin1").catch(() => "");
  const most = /^Max open files +(\S+)/m.exec(limits)?.[1];
  if (most === undefined) return ok("file descriptors", "not told by this system");
  return most === "unlimited" || Number(most) >= enoughDescriptors
    ? ok("file descriptors", most)
    : warning(
        "file descriptors",
        most,
        `a server takes at most ${Math.floor(Number(most) / 2)} connections: raise it with ulimit -n ${enoughDescriptors}`,
      );
}
