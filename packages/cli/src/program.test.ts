import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rpc } from "./io.fixture.js";

describe("rpc", () => {
  test("lists its commands in its help, and shows the same with exit code 2 where no command was given", async () => {
    const { exitCode, stdout, stderr } = await rpc(["--help"]);
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.match(stdout, /^Usage: rpc <command> \[options\]$/m);
    assert.match(stdout, /^ {2}completion +\S/m);
    const none = await rpc([]);
    assert.deepEqual([none.exitCode, none.stdout, none.stderr], [2, "", stdout]);
  });

  test("shows what a command takes, with the options of all commands", async () => {
    for (const argv of [
      ["completion", "--help"],
      ["help", "completion"],
    ]) {
      const { exitCode, stdout } = await rpc(argv);
      assert.equal(exitCode, 0);
      assert.match(stdout, /Usage: rpc completion \[options\] <shell>.*--json.*--verbose/s);
    }
  });

  test("says its version, the one of its package", async () => {
    assert.match((await rpc(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test("says what was probably meant, and exits with 2", async () => {
    const command = await rpc(["complettion"]);
    assert.equal(command.exitCode, 2);
    assert.match(command.stderr, /^rpc: unknown command 'complettion'\n\(Did you mean completion\?\)/);
    const option = await rpc(["completion", "bash", "--verbos"]);
    assert.equal(option.exitCode, 2);
    assert.match(option.stderr, /^rpc: unknown option '--verbos'\n\(Did you mean --verbose\?\)/);
    const choice = await rpc(["completion", "fish"]);
    assert.deepEqual([choice.exitCode, choice.stdout], [2, ""]);
    assert.match(choice.stderr, /fish.*bash, zsh/);
  });

  test("tells errors as JSON to programs, and shows where they come from only when asked", async () => {
    const { exitCode, stdout, stderr } = await rpc(["--json", "completion", "fish"]);
    assert.equal(exitCode, 2);
    assert.equal(stdout, "");
    const { error } = JSON.parse(stderr);
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /fish/);
    assert.doesNotMatch((await rpc(["completion", "fish"])).stderr, /\n {4}at /);
    assert.match((await rpc(["completion", "fish", "--verbose"])).stderr, /\n {4}at /);
  });
});
