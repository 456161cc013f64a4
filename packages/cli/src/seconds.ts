import { CliError } from "./cli-error.js";

/** A day. */
const mostSeconds = 86_400;

/** Reads a number of seconds, from `least` to a day, for commander. Throws a `CliError` that names the option. */
export function seconds(option: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && value >= least && value <= mostSeconds) return value;
    const range = `from ${least} to ${mostSeconds}`;
    throw new CliError(`${option} must be a number of seconds, ${range}, not ${JSON.stringify(text)}`);
  };
}
