import assert from "node:assert/strict";
import { test } from "node:test";
import { listed } from "../commands.js";
import { type DescribedCommand, describeCommands } from "./describe-commands.js";
import { zshScript } from "./zsh.js";

const closes = (line: string): boolean => (line.replaceAll("\\'", "").split("'").length - 1) % 2 === 0;

test("zsh is told every command and option, and no text of ours ends a quotation or means something to _arguments", async () => {
  const commands = await describeCommands(listed);
  const script = zshScript(commands);
  for (const { name, options } of commands) {
    const line = script.split("\n").find((each) => each.startsWith(`    ${name}) _arguments `));
    assert.ok(line?.endsWith(" ;;"), name);
    for (const each of options.flatMap(({ names }) => names)) assert.ok(line?.includes(each), `${name} ${each}`);
  }
  for (const line of script.split("\n").filter((each) => !each.startsWith("#"))) assert.ok(closes(line), line);
});

test("what a summary could break is escaped", () => {
  const odd: DescribedCommand = {
    name: "odd",
    summary: "it's a: b",
    options: [{ names: ["-o", "--out"], summary: "where [a: b] it's", value: "file", choices: [] }],
    choices: [],
  };
  const script = zshScript([odd]);
  assert.match(script, /'odd:it'\\''s a\\: b'/);
  assert.match(script, /'\(-o --out\)'\{-o,--out\}'\[where a\\: b it'\\''s\]:file:_files'/);
});
