import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { Logger } from "@rpc/core";
import { refusal } from "../start-up-error.fixture.js";
import { type WinstonLoggerOptions, winstonLogger } from "./winston-logger.js";

/** A logger, and the next lines that it writes. */
function recorded(options: WinstonLoggerOptions = {}): { logger: Logger; next: () => Promise<string> } {
  const stream = new PassThrough();
  const lines: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  let rest = "";
  return {
    logger: winstonLogger({ stream, ...options }),
    async next() {
      while (!rest.includes("\n")) rest += String((await lines.next()).value);
      const [line = ""] = rest.split("\n", 1);
      rest = rest.slice(line.length + 1);
      return line;
    },
  };
}

describe("the default logger", () => {
  test("writes JSON lines, in order, those that came while winston was loaded too", async () => {
    const { logger, next } = recorded();
    logger.info("one", { endpoint: "tcp://127.0.0.1:1" });
    logger.warn("two");
    const { timestamp, ...first } = JSON.parse(await next());
    assert.deepEqual(first, { level: "info", message: "one", endpoint: "tcp://127.0.0.1:1" });
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    assert.equal(JSON.parse(await next()).message, "two");
    logger.error("three");
    assert.equal(JSON.parse(await next()).message, "three");
  });

  test("writes what its level says and no more; a level that is off is an empty function", async () => {
    const { logger, next } = recorded({ level: "warn" });
    logger.debug("no");
    logger.info("no");
    logger.warn("yes");
    assert.equal(JSON.parse(await next()).message, "yes");
    assert.equal(logger.debug, logger.info);
  });

  test("shows an error with its stack, its causes and its own fields, instead of {}", async () => {
    const { logger, next } = recorded();
    const cause = new Error("disk full");
    logger.error("failed", { error: Object.assign(new TypeError("no", { cause }), { code: "E1" }), plain: 1 });
    const { error, plain } = JSON.parse(await next());
    assert.equal(plain, 1);
    assert.equal(error.name, "TypeError");
    assert.equal(error.code, "E1");
    assert.match(error.stack, /TypeError: no\n\s+at /);
    assert.equal(error.cause.message, "disk full");
  });

  test("a field cannot take the place of the message or the level", async () => {
    const { logger, next } = recorded();
    logger.info("mine", { message: "theirs", level: "error" });
    const { level, message } = JSON.parse(await next());
    assert.deepEqual({ level, message }, { level: "info", message: "mine" });
  });

  test("lines for people have time, level, message, fields, and stacks on lines of their own", async () => {
    const { logger, next } = recorded({ pretty: true });
    logger.warn("lost", { endpoint: "tcp://127.0.0.1:1", count: 2, text: "two words", services: ["A", "B"] });
    assert.match(
      await next(),
      /^\d\d:\d\d:\d\d\.\d{3} warn {2}lost endpoint=tcp:\/\/127\.0\.0\.1:1 count=2 text="two words" services=A,B$/,
    );
    logger.error("failed", { error: new Error("no") });
    assert.match(await next(), / error failed$/);
    assert.match(await next(), /^ {2}error: Error: no$/);
    assert.match(await next(), /^ {2,}at /);
    const text = recorded({ pretty: true });
    text.logger.error("failed", { error: "Error: no\n    at somewhere", method: "/A/b" });
    assert.match(await text.next(), / error failed method=\/A\/b$/);
    assert.equal(await text.next(), "  error: Error: no");
    assert.equal(await text.next(), "      at somewhere");
  });

  test("a terminal gets colours, and nothing that a peer sent moves its cursor or begins a line", async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true });
    const lines: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    winstonLogger({ stream }).info("from \u001b[2J peer\nnew", {
      name: "a\u001b[1mb",
      error: new Error("\u001b[31m\nred"),
    });
    const written = String((await lines.next()).value);
    assert.ok(written.includes("\u001b[32minfo \u001b[39m from \\u001b[2J peer\\u000anew"), JSON.stringify(written));
    assert.equal(written.split("\u001b").length - 1, 2, JSON.stringify(written));
  });

  test("an option that is none is refused", () => {
    assert.throws(() => winstonLogger({ level: "verbose" } as never), refusal("BAD_OPTION", "winstonLogger", "level"));
  });
});
