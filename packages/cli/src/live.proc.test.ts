import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "@rpc/core";
import { OrdersService, serveOrders } from "./served.fixture.js";

const binary = fileURLToPath(new URL("./main.js", import.meta.url));

/** The binary on a terminal of its own. */
interface OnTerminal {
  readonly child: ChildProcess;
  /** Resolves as soon as the terminal shows this; rejects where the command ends without. */
  shows(pattern: RegExp): Promise<void>;
  ctrlC(): void;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly shown: string }>;
}

/** Runs `rpc` on a pseudo-terminal of so many columns, by util-linux's `script`. */
function onTerminal(t: TestContext, columns: number, ...argv: string[]): OnTerminal {
  const quoted = [process.execPath, binary, ...argv].map((each) => `'${each}'`).join(" ");
  const command = `stty cols ${columns} rows 12; exec ${quoted}`;
  const child = spawn("script", ["--quiet", "--flush", "--return", "--command", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TERM: "xterm", SHELL: "/bin/sh" },
  });
  t.after(() => child.kill("SIGKILL"));
  let shown = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    for (const look of [...waiting]) look();
  });
  const ended = new Promise<{ exitCode: number | null; shown: string }>((resolve) => {
    child.once("close", (exitCode) => resolve({ exitCode, shown }));
  });
  return {
    child,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(shown)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        void ended.then(() => reject(new Error(`${pattern} was not shown: ${JSON.stringify(shown)}`)));
        look();
      }),
    ctrlC: () => void child.stdin.write("\u0003"),
    ended,
  };
}

describe("rpc on a terminal", () => {
  test("bench draws a bar while it measures; Ctrl-C takes it away, leaves the figures, and exits with 130", async (t) => {
    const { address } = await serveOrders(t);
    const argv = ["bench", "shop.Orders.echo", "1", "--address", address, "--seconds", "600", "--warm-up-seconds", "0"];
    const run = onTerminal(t, 60, ...argv);
    await run.shows(/\[#*\.+\] +0 % \d+ ok\/s/);
    run.ctrlC();
    const { exitCode, shown } = await run.ended;
    assert.equal(exitCode, 130);
    const after = shown.slice(shown.lastIndexOf("\r\u001b[K"));
    assert.match(after, /shop\.Orders\.echo at tcp:.*\r\nclosed loop.*\(interrupted\)\r\n/s);
    assert.match(after, /latency +p50 [\d.]+, .*rpc: interrupted\r\n$/s);
  });

  test("watch keeps a table up to date on a narrow terminal, and gives the terminal back at Ctrl-C", async (t) => {
    const { registry, address, server } = await serveOrders(t);
    const connector = connect({ address });
    t.after(() => connector.close());
    const load = setInterval(
      () =>
        void connector
          .client(OrdersService)
          .echo(1)
          .catch(() => {}),
      5,
    );
    t.after(() => clearInterval(load));
    const run = onTerminal(t, 50, "watch", "--registry", registry, "--interval-ms", "200");
    await run.shows(/shop\.Orders +\S+ +serving +[1-9]/);
    clearInterval(load);
    const closed = server.close();
    await run.shows(/shop\.Orders +\S+ +gone/);
    await closed;
    run.ctrlC();
    const { exitCode, shown } = await run.ended;
    assert.equal(exitCode, 130);
    assert.ok(shown.startsWith("\u001b[?1049h\u001b[?25l"), "a screen of its own, without a cursor");
    const given = shown.lastIndexOf("\u001b[?25h\u001b[?1049l");
    assert.ok(given > 0 && /l(\^C)?rpc: interrupted\r\n$/.test(shown.slice(given)), JSON.stringify(shown.slice(-80)));
    const lines = shown.slice(0, given).split("\u001b[K").slice(0, -1);
    assert.ok(lines.length > 8);
    for (const line of lines) {
      const from = Math.max(line.lastIndexOf("\n"), line.lastIndexOf("[H") + 1);
      assert.ok(line.length - from - 1 <= 50, line);
    }
  });
});
