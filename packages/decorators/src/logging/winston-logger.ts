import { checkOptions, type Logger } from "@rpc/core";
import type { Logger as Winston } from "winston";
import { type LogLevel, logLevels } from "./levels.js";
import { type LogEntry, prettyLine, withoutErrors } from "./line.js";

/** Options of `winstonLogger`. */
export interface WinstonLoggerOptions {
  /** What is written: this level and those above it. Defaults to "info". */
  readonly level?: LogLevel;
  /** Lines for people instead of JSON. Defaults to whether the stream is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go. Defaults to standard error, which leaves standard output to the program. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Lines that wait while winston is imported; more than these are lost, which the log then says. */
const maxWaiting = 1_000;

interface Line {
  readonly level: LogLevel;
  readonly message: string;
}

/**
 * Returns a logger of winston's. A level that is not written costs a call of an empty function; winston itself, which takes
 * 75 ms to import, is imported when the first line is written. Errors among the fields are written with their stacks.
 */
export function winstonLogger(options: WinstonLoggerOptions = {}): Logger {
  checkOptions("winstonLogger", options, { level: logLevels, pretty: "boolean", stream: "object" });
  const { level: lowest = "info" } = options;
  let winston: Winston | undefined;
  let waiting: Line[] | undefined;
  let lost = 0;

  const open = async (): Promise<void> => {
    winston = await createWinston(options);
    for (const line of waiting ?? []) winston.log(line);
    if (lost > 0) winston.warn(`${lost} lines were lost while the logger was loaded`);
    waiting = undefined;
  };

  const write = (level: LogLevel, message: string, fields: object = {}): void => {
    const line = { ...withoutErrors(fields), level, message };
    if (winston !== undefined) {
      winston.log(line);
      return;
    }
    if (waiting === undefined) {
      waiting = [];
      void open();
    }
    if (waiting.length < maxWaiting) waiting.push(line);
    else lost++;
  };

  const at = (level: LogLevel): Logger["info"] =>
    logLevels.indexOf(level) < logLevels.indexOf(lowest) ? ignore : (message, fields) => write(level, message, fields);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

const ignore = (): void => {};

async function createWinston({
  level = "info",
  stream = process.stderr,
  pretty = stream.isTTY === true,
}: WinstonLoggerOptions): Promise<Winston> {
  const { createLogger, format, transports } = (await import("winston")).default;
  const lines = pretty ? format.printf((entry) => prettyLine(entry as LogEntry, stream.isTTY === true)) : format.json();
  return createLogger({
    level,
    format: format.combine(format.timestamp(), lines),
    transports: [new transports.Stream({ stream })],
  });
}
