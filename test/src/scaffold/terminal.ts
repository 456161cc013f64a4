import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";

/** What npm and Node would learn of this repository from the process that runs its tests; how npm reaches its registry stays. */
const ofThisRun =
  /^(?:NODE_(?!EXTRA_CA_CERTS$)|INIT_CWD$|RPC_|npm_(?!config_(?:registry|cache|userconfig|globalconfig|cafile|proxy|https_proxy|noproxy|strict_ssl)$))/i;

/** The environment of a terminal that was just opened, in which npm asks its registry for no more than it needs. */
export const freshEnv: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRun.test(name))),
  PATH: (process.env["PATH"] ?? "")
    .split(":")
    .filter((folder) => !folder.includes("node_modules"))
    .join(":"),
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
  npm_config_update_notifier: "false",
  // A registry that is out of reach fails the tests rather than holding them up.
  npm_config_fetch_retries: "1",
  npm_config_fetch_retry_mintimeout: "1000",
  npm_config_fetch_timeout: "30000",
};

/** A process and all that it says. */
export interface Talking {
  readonly child: ChildProcess;
  /** All of it, or what it wrote to its standard output alone. */
  said(which?: "stdout"): string;
  /** Resolves once it has said this; rejects where it ends before. */
  says(text: string): Promise<void>;
  /** Its exit code, once it and all processes that it started have ended. */
  readonly ended: Promise<number | null>;
}

/** Starts a program whose output is collected. */
export function start(command: string, args: readonly string[], options: SpawnOptions): Talking {
  const child = spawn(command, args, { env: freshEnv, ...options, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let stdout = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      if (stream === child.stdout) stdout += more;
      child.emit("said");
    });
  }
  const ended = once(child, "close").then(([exitCode]) => exitCode as number | null);
  return {
    child,
    said: (which) => (which === "stdout" ? stdout : text),
    ended,
    async says(wanted) {
      const over = ended.then(() => {
        if (!text.includes(wanted)) throw new Error(`it ended without having said ${wanted}:\n${text}`);
      });
      while (!text.includes(wanted)) await Promise.race([once(child, "said"), over]);
    },
  };
}

/** Runs a line of shell in a folder; resolves to its standard output, and rejects with all that it said where it fails. */
export async function shell(cwd: string, line: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { ended, said } = start("sh", ["-ec", line], { cwd, env: { ...freshEnv, ...env } });
  const exitCode = await ended;
  if (exitCode !== 0) throw new Error(`${line}: exit code ${exitCode}\n${said()}`);
  return said("stdout");
}
