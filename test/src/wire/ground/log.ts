import type { Logger } from "@rpc/core";

export interface LogRecord {
  readonly level: keyof Logger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A logger that keeps what it is told. */
export function keepingLog(): Logger & { readonly records: LogRecord[] } {
  const records: LogRecord[] = [];
  const at =
    (level: keyof Logger) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void records.push({ level, message, fields });
  return { records, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
