import type { Figure } from "./figure.js";
import type { Behaviour } from "./questions.js";
import type { Scene } from "./scene.js";
import type { Sizes } from "./sizes.js";

/** A row of the table: something bad that happens to a service of three servers, and what its callers may notice. */
export interface Row {
  readonly number: number;
  readonly title: string;
  /** About how long it takes, in ms. */
  aboutMs(sizes: Sizes): number;
  /** How the servers are until the row changes it. Defaults to well ones. */
  readonly behaviour?: Behaviour;
  measure(scene: Scene): Promise<readonly Figure[]>;
}

/** A row of what needs no process and no registry. */
export interface LocalRow {
  readonly number: number;
  readonly title: string;
  aboutMs(): number;
  measureHere(): Promise<readonly Figure[]>;
}
