import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { etcdMissing, openEtcd } from "../servers/etcd.js";
import { atEnd, type Ending } from "../wire/ground/at-end.js";

/** A process of examples/etcd-cluster, and what it has said. */
interface Started {
  readonly process: ChildProcess;
  /** Resolves with the first match in what it says from now on. Rejects when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<string>;
}

function start(t: Ending, name: string, etcd: string): Started {
  const file = fileURLToPath(new URL(`../../../examples/etcd-cluster/dist/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ETCD: etcd },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    for (const look of [...waiting]) look();
  });
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(said)));
  atEnd(t, async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const from = said.length;
      const look = (): void => {
        const match = pattern.exec(said.slice(from));
        if (match === null) return;
        waiting.delete(look);
        resolve(match);
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`${name} has ended without ${pattern}: ${said}`)));
    });
  return { process: child, says, ended };
}

test("examples/etcd-cluster: one server killed, one stopped, one added: no call fails", {
  skip: etcdMissing,
}, async (t) => {
  const etcd = await openEtcd(t);
  const address = `http://127.0.0.1:${etcd.port}`;
  const servers = [1, 2].map(() => start(t, "server", address));
  const [killed, stopped] = servers as [Started, Started];
  await Promise.all(servers.map(({ says }) => says(/is served at/)));
  const client = start(t, "client", address);
  const counted = (server: Started): Promise<unknown> => client.says(new RegExp(`\\d+ by ${server.process.pid}\\b`));
  await Promise.all([counted(killed), counted(stopped)]);

  const added = start(t, "server", address);
  await counted(added);
  killed.process.kill("SIGKILL");
  await killed.ended;
  stopped.process.kill("SIGTERM");
  await stopped.ended;
  assert.equal(stopped.process.exitCode, 0);
  await client.says(new RegExp(`^\\d+ by ${added.process.pid}; 0 failed`, "m"));
  client.process.kill("SIGINT");
  assert.match(await client.ended, /\n0 of \d\d+ failed\n$/);
});
