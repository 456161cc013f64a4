import type { Figure } from "./figure.js";
import type { Behaviour } from "./questions.js";
import type { Scene } from "./scene.js";

/** A row of the table: something bad that happens to a service of three servers, and what its callers may notice. */
export interface Row {
  readonly number: number;
  readonly title: string;
  /** How the servers are until the row changes it. Defaults to well ones. */
  readonly behaviour?: Behaviour;
  measure(scene: Scene): Promise<readonly Figure[]>;
}

/** A row of what needs no process and no registry. */
export interface LocalRow {
  readonly number: number;
  readonly title: string;
  measureHere(): Promise<readonly Figure[]>;
}
