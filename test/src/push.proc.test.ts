import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

/** A process of the example. */
interface Run {
  readonly process: ChildProcess;
  /** Resolves once it has printed so many lines that match. Rejects where it ends before. */
  printed(pattern: RegExp, times?: number): Promise<void>;
  write(line: string): void;
  /** Lets it end, and resolves with its exit code. */
  end(): Promise<number | null>;
}

function run(t: TestContext, registry: string, ...args: string[]): Run {
  const [script, ...rest] = args;
  const file = fileURLToPath(new URL(`../../examples/push/dist/${script}.js`, import.meta.url));
  const child = spawn(process.execPath, [file, ...rest], {
    env: { ...process.env, PUSH_REGISTRY: registry },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close") as Promise<[number | null]>;
  t.after(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  let output = "";
  let over = false;
  const looks = new Set<() => void>();
  const look = (): void => {
    for (const each of [...looks]) each();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    look();
  });
  void closed.then(() => {
    over = true;
    look();
  });
  return {
    process: child,
    printed: (pattern, times = 1) =>
      new Promise((resolve, reject) => {
        const each = (): void => {
          const found = output.split("\n").filter((line) => pattern.test(line)).length >= times;
          if (!found && !over) return;
          looks.delete(each);
          if (found) resolve();
          else reject(new Error(`${pattern} was not printed ${times} times:\n${output}`));
        };
        looks.add(each);
        each();
      }),
    write: (line) => void child.stdin.write(`${line}\n`),
    async end() {
      child.stdin.end();
      if (script === "server") child.kill("SIGTERM");
      const [code] = await closed;
      return code;
    },
  };
}

test("the example pushes to who is connected, to one user, asks back, and finds its clients again after a restart", async (t) => {
  const registry = mkdtempSync(join(tmpdir(), "push-test-"));
  t.after(() => rmSync(registry, { recursive: true, force: true }));
  const server = run(t, registry, "server");
  await server.printed(/the board is open/);
  const [ann, ben] = [run(t, registry, "client", "ann"), run(t, registry, "client", "ben")];
  await Promise.all([ann.printed(/you are ann/), ben.printed(/you are ben/)]);
  await Promise.all([server.printed(/ann has come/), server.printed(/ben has come/)]);
  ann.write("good morning");
  await Promise.all([ann.printed(/^ann: good morning$/), ben.printed(/^ann: good morning$/)]);
  await ann.printed(/^2 were told$/);
  ann.write("@ben psst");
  await Promise.all([ben.printed(/^ann whispers: psst$/), ann.printed(/^1 were told$/)]);
  ben.write("wipe");
  await Promise.all([ben.printed(/^really\?$/), ben.printed(/^wiped$/)]);

  assert.equal(await server.end(), 0);
  const again = run(t, registry, "server");
  await Promise.all([again.printed(/ann has come/), again.printed(/ben has come/)]);
  ben.write("still here");
  await ann.printed(/^ben: still here$/);
  assert.deepEqual([await ann.end(), await ben.end()], [0, 0]);
  await Promise.all([again.printed(/ann has gone/), again.printed(/ben has gone/)]);
  assert.equal(await again.end(), 0);
});

test("what docs/two-way.md shows does what it says", () => {
  const shown = (name: string): string => {
    const file = fileURLToPath(new URL(`../../examples/push/dist/${name}.js`, import.meta.url));
    return execFileSync(process.execPath, [file], { encoding: "utf8", timeout: 30_000 });
  };
  assert.equal(shown("push"), "1 told\nheard: hello\n");
  assert.equal(shown("ask-back"), "printed\n");
});
