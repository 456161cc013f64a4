/**
 * A process of tests: runs the files given as arguments, one after the other, and reports over the channel.
 *
 * Each argument is JSON, `{ name, path }`. One file ends before the next is loaded, so every test, leak and warning has a file
 * that it belongs to. After each file a test of our own checks that nothing is left behind.
 */
import assert from "node:assert/strict";
import test, { afterEach, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";
import { send } from "./channel.js";
import { leftovers, resources, stillOpen } from "./leftovers.js";
import { reported } from "./reporter.js";

const files = process.argv.slice(2).map((argument) => JSON.parse(argument));
void [process.stdout, process.stderr]; // opened now, so that a test which prints is not blamed for them
await guard("the test runner is ready", () => {});
// Sent at once, not by way of the reporter: a test that spins or ends the process must be known by its name.
beforeEach((t) => send({ kind: "running", name: nameOf(t) }));
afterEach((t) => send({ kind: "settled", name: nameOf(t) }));
const atStart = resources();
const found = leftovers();

for (const { name, path } of files) {
  send({ kind: "file", name });
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    test(`${name} can be loaded`, () => {
      throw error;
    });
  }
  await guard(`${name} leaves nothing behind`, async () => {
    const left = await found();
    if (left.length > 0)
      assert.fail(`${left.join("\n")}\nOther files share this process: what a test opens, it closes.`);
  });
}
send({ kind: "end", open: await stillOpen(atStart) });

/** The name with those of the suites around it; the types of Node 20 do not know it. */
function nameOf(/** @type {object} */ context) {
  return /** @type {{ fullName: string }} */ (context).fullName;
}

/** Runs a test of the runner's own after all those registered so far, and waits until it was reported. */
async function guard(/** @type {string} */ name, /** @type {() => void | Promise<void>} */ check) {
  const sent = reported(name);
  await test(name, check);
  await sent;
}
