import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusal } from "../start-up-error.fixture.js";
import { checkAppOptions } from "./check-app-options.js";

const refused = (options: unknown, ...texts: string[]): void =>
  assert.throws(() => checkAppOptions(options as object), refusal("BAD_OPTION", ...texts));

describe("options of createApp", () => {
  test("a misspelt one is named with what was probably meant", () => {
    refused({ servicse: [] }, '"servicse"', 'did you mean "services"?');
    refused({ serve: { drainMS: 5 } }, "createApp: serve", 'did you mean "drainMs"?');
    refused({ connect: { timeout: 5 } }, "createApp: connect", 'did you mean "timeoutMs"?');
  });

  test("one that belongs into a group says into which", () => {
    refused({ drainMs: 5 }, '"drainMs"', "serve: { drainMs }");
    refused({ timeoutMs: 5 }, "connect: { timeoutMs }");
    refused({ interceptors: [] }, "serve: { interceptors } or connect: { interceptors }");
  });

  test("one of the wrong type says which is wanted and which was given", () => {
    refused({ services: {} }, "services must be an array");
    refused({ listen: 80 }, "listen must be a string, or false, not 80");
    refused({ ambient: "yes" }, "ambient must be true or false");
    refused({ connect: { timeoutMs: "5" } }, "timeoutMs must be a number");
    refused({ connect: { whenFull: "drop" } }, "whenFull", '"evict"');
    refused({ clients: [{}] }, "clients takes classes", "an object");
    refused(5, "an object of options, not 5");
  });

  test("a scan that was not awaited is recognised", () => {
    refused({ services: Promise.resolve([]) }, "await scan(");
  });

  test("a registry, a container or a logger that is none says what it lacks", () => {
    refused({ registry: {} }, "registry must be a Registry", "register");
    refused({ container: {} }, "container must be a Container", "bind");
    refused({ logger: { info() {} } }, "logger must be a logger", "debug");
    refused({ logger: "verbose" }, "logger", '"debug", "info", "warn", "error"');
    refused({ signals: ["TERM"] }, "signals", "SIGTERM");
    refused({ signals: "SIGTERM" }, "signals");
  });

  test("an option that is undefined counts as left out", () => {
    assert.doesNotThrow(() => checkAppOptions({ listen: undefined, registry: undefined, logger: undefined } as object));
  });
});
