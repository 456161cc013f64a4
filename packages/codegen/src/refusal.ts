/** Something in the source that cannot be written as a client, or not read at all. */
export interface Refusal {
  /** The source, from the folder of the run. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** The service's member, e.g. `Orders.place`; left out where the reason says it all. */
  readonly subject?: string;
  readonly reason: string;
  /** What to do. */
  readonly fix: string;
}

/** Thrown where nothing was written because something could not be: with all that was found in one run. */
export class GenerateError extends Error {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super(refusals.map(textOf).join("\n"));
    this.refusals = refusals;
  }

  static {
    GenerateError.prototype.name = "GenerateError";
  }
}

/** Returns a refusal as one line: place, subject, reason, fix. */
export function textOf({ file, line, column, subject, reason, fix }: Refusal): string {
  const place = file === undefined ? "" : line === undefined ? `${file} ` : `${file}:${line}:${column} `;
  return `${place}${subject === undefined ? "" : `${subject}: `}${reason}: ${fix}`;
}
