import { likeness } from "../types/alike.js";
import type { Alternative, ArrayType, Field, ObjectType, Type } from "../types/alternatives.js";
import { elementAt, type Fitting } from "../types/fits.js";
import { shown } from "../types/shown.js";
import type { Direction, Note } from "./difference.js";
import { wording } from "./wording.js";

/**
 * Returns what notes the differences between two types, for values that go one way. Breaking is what the giver may give and the
 * taker does not take: of arguments the old type is the giver's, of results the new one. What is breaking agrees
 * with `Fitting`: nothing breaking is noted exactly where all of the giver's type fits the taker's.
 */
export function typeComparison(
  fits: Fitting,
  direction: Direction,
  note: Note,
): (before: Type, after: Type, path: string) => void {
  const words = wording(direction);
  const alike = likeness();
  const seen = new Map<Alternative, Set<Alternative>>();
  const ordered = <T>(giver: T, taker: T): readonly [before: T, after: T] =>
    direction === "argument" ? [giver, taker] : [taker, giver];

  const compare = (giver: Type, taker: Type, path: string): void => {
    const gives = giver();
    const takes = taker();
    const lost = gives.filter((one) => !takes.some((other) => fits.one(one, other)));
    const gained = takes.filter((one) => !gives.some((other) => fits.one(one, other)));
    const pairs = pairsOf(gives, takes, lost);
    for (const [one, other] of pairs) parts(one, other, path);
    const left = without(lost, [...pairs.keys()]);
    const more = without(gained, [...pairs.values()]);
    const [before, after] = ordered(gives, takes);
    if (left.length > 0 && left.length === gives.length && more.length > 0)
      note(true, path, words.replaced(path, shown(before), shown(after)));
    else {
      if (left.length > 0) note(true, path, words.lost(path, shown(left), shown(takes)));
      if (more.length > 0) note(false, path, words.gained(path, shown(more)));
    }
  };

  /** What has parts, with the one on the other side that its parts are compared with: one that it fits, else one like it. */
  const pairsOf = (
    gives: readonly Alternative[],
    takes: readonly Alternative[],
    lost: readonly Alternative[],
  ): ReadonlyMap<Alternative, Alternative> => {
    const pairs = new Map<Alternative, Alternative>();
    for (const one of gives) {
      if (one.is === "any" || one.is === "literal" || one.is === "scalar") continue;
      const likely = takes.filter((other) => other.is === one.is && (lost.includes(one) || fits.one(one, other)));
      const same = likely.find((other) => alike(one, other));
      const found =
        likely.find((other) => nameOf(other) !== "" && nameOf(other) === nameOf(one)) ??
        likely.find((other) => sameMark(one, other));
      const only = likely.length === 1 && gives.filter(({ is }) => is === one.is).length === 1 ? likely[0] : undefined;
      const partner = same ?? only ?? found ?? (lost.includes(one) ? undefined : likely[0]);
      if (partner !== undefined) pairs.set(one, partner);
    }
    return pairs;
  };

  const parts = (giver: Alternative, taker: Alternative, path: string): void => {
    if (giver === taker) return;
    const known = seen.get(giver) ?? new Set();
    if (known.has(taker)) return;
    seen.set(giver, known.add(taker));
    if (giver.is === "object" && taker.is === "object") fields(giver, taker, path);
    else if (giver.is === "array" && taker.is === "array") items(giver, taker, path);
    else if (giver.is === "set" && taker.is === "set") compare(giver.items, taker.items, `${path}[]`);
    else if (giver.is === "map" && taker.is === "map") {
      compare(giver.keys, taker.keys, `${path}.keys()`);
      compare(giver.values, taker.values, `${path}.values()`);
    }
  };

  const fields = (giver: ObjectType, taker: ObjectType, path: string): void => {
    for (const [name, given] of giver.fields) {
      const place = fieldPath(path, name);
      const wanted = taker.fields.get(name);
      if (wanted !== undefined) bothHave(given, wanted, place);
      else if (typeof taker.others === "function") compare(given.type, taker.others, place);
      else note(taker.others === "none", place, words.onlyGiven(place, taker.others === "none"));
    }
    for (const [name, wanted] of taker.fields) {
      if (giver.fields.has(name)) continue;
      const place = fieldPath(path, name);
      if (!wanted.optional) note(true, place, words.onlyWanted(place));
      else if (typeof giver.others === "function") compare(giver.others, wanted.type, place);
      else note(false, place, words.onlyTaken(place));
    }
    if (typeof giver.others !== "function") return;
    const place = `${path}[name]`;
    if (typeof taker.others === "function") compare(giver.others, taker.others, place);
    else if (taker.others === "none") note(true, place, words.onlyGiven(place, true));
  };

  const bothHave = (given: Field, wanted: Field, place: string): void => {
    if (given.optional && !wanted.optional) note(true, place, words.tightened(place));
    if (!given.optional && wanted.optional) note(false, place, words.loosened(place));
    compare(given.type, wanted.type, place);
  };

  const items = (giver: ArrayType, taker: ArrayType, path: string): void => {
    const [before, after] = ordered(giver.least, taker.least);
    if (giver.least < taker.least) note(true, path, words.fewest(path, before, after));
    if (giver.least > taker.least) note(false, path, words.fewest(path, before, after));
    const count = Math.max(giver.first.length, taker.first.length);
    for (let index = 0; index <= count; index++) {
      const place = index < count ? `${path}[${index}]` : `${path}[]`;
      const given = elementAt(giver, index);
      const wanted = elementAt(taker, index);
      if (given !== "none" && wanted !== "none") compare(given, wanted, place);
      else if (given !== "none") note(true, place, words.onlyGiven(place, true));
      else if (wanted !== "none") note(false, place, words.onlyTaken(place));
    }
  };

  return (before, after, path) => {
    const [giver, taker] = ordered(before, after);
    compare(giver, taker, path);
  };
}

/** Returns the path of a field. */
function fieldPath(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

function nameOf(one: Alternative): string {
  return "name" in one && one.name !== undefined ? one.name : "";
}

/** Whether two objects have a field of the same one literal, as the members of a union have to tell them apart. */
function sameMark(one: Alternative, other: Alternative): boolean {
  if (one.is !== "object" || other.is !== "object") return false;
  return [...one.fields].some(([name, field]) => {
    const [mark, ...more] = field.type();
    const [same, ...others] = other.fields.get(name)?.type() ?? [];
    if (more.length > 0 || others.length > 0) return false;
    return mark?.is === "literal" && same?.is === "literal" && mark.value === same.value;
  });
}

function without(all: readonly Alternative[], some: readonly Alternative[]): readonly Alternative[] {
  return all.filter((one) => !some.includes(one));
}
