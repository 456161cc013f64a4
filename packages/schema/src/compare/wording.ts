import type { Direction } from "./difference.js";

/** How differences are told. `lost` is what the giver may give and the taker does not take. */
export interface Wording {
  replaced(path: string, before: string, after: string): string;
  lost(path: string, lost: string, taken: string): string;
  gained(path: string, gained: string): string;
  /** A field that the giver may leave out and the taker wants. */
  tightened(path: string): string;
  loosened(path: string): string;
  /** A field that the taker does not name. */
  onlyGiven(path: string, refused: boolean): string;
  /** A field that the taker wants and the giver does not know. */
  onlyWanted(path: string): string;
  /** A field that the taker takes and the giver does not know. */
  onlyTaken(path: string): string;
  fewest(path: string, before: number, after: number): string;
}

const ofArguments: Wording = {
  replaced: (path, before, after) => `${path} took ${before}, and takes ${after} now`,
  lost: (path, lost, taken) => `${path} takes ${lost} no longer, only ${taken}`,
  gained: (path, gained) => `${path} takes ${gained} too`,
  tightened: (path) => `${path} has to be given now`,
  loosened: (path) => `${path} may be left out now`,
  onlyGiven: (path, refused) => (refused ? `${path} is refused now` : `${path} is not looked at any more`),
  onlyWanted: (path) => `${path} is new, and has to be given`,
  onlyTaken: (path) => `${path} is new, and may be given`,
  fewest: (path, before, after) => `${path} has to have ${after} elements at least, and had to have ${before}`,
};

const ofResults: Wording = {
  replaced: (path, before, after) => `${path} was ${before}, and is ${after} now`,
  lost: (path, lost, taken) => `${path} may be ${lost} now, and was always ${taken}`,
  gained: (path, gained) => `${path} is never ${gained} any more`,
  tightened: (path) => `${path} may be missing now`,
  loosened: (path) => `${path} is always there now`,
  onlyGiven: (path, refused) => (refused ? `${path} is there now, where nothing was to be` : `${path} is new`),
  onlyWanted: (path) => `${path} is gone`,
  onlyTaken: (path) => `${path}, which might be missing, is gone`,
  fewest: (path, before, after) => `${path} has ${after} elements at least, and had ${before}`,
};

/** Returns the words for differences of values that go one way. */
export function wording(direction: Direction): Wording {
  return direction === "argument" ? ofArguments : ofResults;
}
