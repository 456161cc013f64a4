import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

test("a process that sends nothing unusual never pays for loading msgpackr", () => {
  const folder = new URL("index.js", import.meta.url).href;
  const program = `
    import { createRequire } from "node:module";
    const { messagePack, createSink } = await import(${JSON.stringify(folder)});
    const loaded = () => Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache).some((name) => name.includes("msgpackr"));
    const send = (value) => {
      const sink = createSink();
      messagePack.encode(value, sink);
      const bytes = sink.take();
      return messagePack.decode(bytes, 0, bytes.length, { depth: 64, elements: 1_000 });
    };
    const steps = [loaded()];
    send([{ a: 1 }, new Map([[1, new Set([2])]]), new Date(), 5n, 2n ** 63n, Buffer.from("a"), new Error("e"), undefined]);
    steps.push(loaded());
    send(new Float64Array(1));
    steps.push(loaded());
    console.log(JSON.stringify(steps));
  `;
  const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(printed), [false, false, true]);
});
