import { parseArgs } from "node:util";

/** How the show is to go. */
export interface Options {
  /** For how long orders are sent, at least: until two seconds after the last killed server was back. */
  readonly seconds: number;
  /** Orders sent in a second. */
  readonly rate: number;
  /** The servers to kill, by number from 1. */
  readonly kill: readonly number[];
  /** Takes an order out of the store before the proof, to see that the proof finds out. */
  readonly loseAnOrder: boolean;
}

/** How many servers there are. */
export const serverCount = 3;

export const usage = `npm start -- [--seconds 12] [--rate 200] [--kill 2]

  --seconds  for how long orders are sent, 3 to 600
  --rate     orders sent in a second, 1 to 5000
  --kill     the servers that are killed in the middle and started again: 2, or 1,3; none for none`;

/** Reads the command line. Throws an error that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "12" },
      rate: { type: "string", default: "200" },
      kill: { type: "string", default: "2" },
      "lose-an-order": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const kill = values.kill === "none" ? [] : values.kill.split(",");
  return {
    seconds: wholeNumber("seconds", values.seconds, 3, 600),
    rate: wholeNumber("rate", values.rate, 1, 5_000),
    kill: [...new Set(kill.map((text) => wholeNumber("kill", text, 1, serverCount)))],
    loseAnOrder: values["lose-an-order"],
  };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`--${option} wants a whole number from ${least} to ${most}, not "${text}"`);
}
