import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ExitCode } from "./cli-error.js";
import { listed } from "./commands.js";
import { describeCommands } from "./completion/describe-commands.js";
import { forms } from "./target/registry-url.js";

const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");

test("docs/cli.md has a section for each command, each option, each exit code and each kind of registry", async () => {
  const [general = "", ...sections] = page.split(/^## (?=[a-z]+$)/m);
  const sectionOf = new Map(sections.map((section) => [section.split("\n")[0], section]));
  const commands = await describeCommands(listed);
  assert.deepEqual(
    [...sectionOf.keys()],
    commands.map(({ name }) => name),
  );
  for (const { name, options } of commands) {
    for (const option of options.flatMap(({ names }) => names.filter((each) => each.startsWith("--")))) {
      const told = sectionOf.get(name)!.includes(`${option}`) || general.includes(option);
      assert.ok(told, `docs/cli.md says nothing of ${option} of rpc ${name}`);
    }
  }
  for (const code of Object.values(ExitCode)) assert.match(page, new RegExp(`^\\| ${code} \\|`, "m"));
  for (const scheme of Object.keys(forms)) assert.match(page, new RegExp(`\`${scheme}:`));
});
