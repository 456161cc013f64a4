/** What logs are written to: a winston logger fits. Fields are plain data; payloads, metadata values and tokens are never among them. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): unknown;
  info(message: string, fields?: Readonly<Record<string, unknown>>): unknown;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): unknown;
  error(message: string, fields?: Readonly<Record<string, unknown>>): unknown;
}

const ignore = (): void => {};

/** The logger that writes nothing: the default of core. */
export const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
