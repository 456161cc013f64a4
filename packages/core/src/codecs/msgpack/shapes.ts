import type { Key } from "./keys.js";

/** Objects with more keys are not tracked: V8 keeps so many assigned ones as a dictionary anyway. */
export const maxTracked = 32;
/** Steps that are remembered, each about 200 bytes here and a hidden class in V8. */
const maxShapes = 4_096;
/** Steps that one message may add. */
const maxShapesOfMessage = 1_024;
/** Keys without a step after which all are learnt anew. */
const strangersUntilReset = 65_536;

const noBytes = new Uint8Array(0);

/**
 * A step in the order in which objects get their keys: "after these came this one". Most objects have the shape of the
 * one before, so each step knows which one followed it the last time, and reading a key is comparing it with that.
 * V8 does the same with its hidden classes; there is one for each of these, and none for what is not tracked.
 */
export class Shape {
  text: string;
  /** The key's bytes, the one with its length included; none where no key is expected. */
  readonly wire: Uint8Array;
  /** What followed the last time. */
  next: Shape;
  /** All that ever followed, by key, where it is more than one. */
  others: Map<string, Shape> | undefined;
  /** What is known of an object that nobody remembers, see `Stray`; 0 for a step that is remembered. */
  readonly stray: number;

  constructor(text: string, wire: Uint8Array, stray = 0) {
    this.text = text;
    this.wire = wire;
    this.next = nowhere ?? this;
    this.others = undefined;
    this.stray = stray;
  }
}

/** Bits of `Shape.stray`. */
export const Stray = {
  /** Nobody remembers this object's shape. */
  yes: 1,
  /** V8 keeps its properties as a dictionary. */
  dictionary: 2,
  /** And its indices. */
  sparse: 4,
} as const;

/** What follows where nothing did yet. Without bytes, so that it equals no key. */
let nowhere: Shape | undefined;
const nobody = new Shape("", noBytes);
nowhere = nobody;

const strays = Array.from({ length: 8 }, (_, stray) => new Shape("", noBytes, stray));
let roots = newRoots();
let shapes = 0;
let strangers = 0;
/** Steps that the message being read may still add: making V8's hidden classes takes a microsecond each. */
let allowance = 0;

/** Says that another message begins. */
export function beginMessage(): void {
  allowance = maxShapesOfMessage;
}

/** Returns the step before the first key of an object of `count` keys, at most `maxTracked`. */
export function rootOf(count: number): Shape {
  return roots[count]!;
}

/**
 * Returns the step for a key of an object that nobody remembers. There are but a few of these, so their text is good
 * until the next call.
 */
export function strayTo(text: string, stray: number): Shape {
  const step = strays[stray]!;
  step.text = text;
  return step;
}

/**
 * Returns the step from `from` to an ordinary key that was not the expected one, and expects it the next time.
 * Undefined for one that cannot be remembered: there are as many as there may be, since a peer could otherwise make
 * V8 keep, and slowly search, a hidden class for every order of keys.
 */
export function stepTo(key: Key, from: Shape): Shape | undefined {
  if (from.stray !== 0 || key.wire.length === 0) return undefined;
  const known = from.others?.get(key.text) ?? addStep(key, from);
  if (known !== undefined) from.next = known;
  return known;
}

function addStep(key: Key, from: Shape): Shape | undefined {
  if (shapes >= maxShapes && ++strangers > strangersUntilReset) forget();
  if (shapes >= maxShapes || allowance <= 0) return undefined;
  shapes++;
  allowance--;
  const step = new Shape(asName(key.text), key.wire);
  if (from.next !== nobody) {
    from.others ??= new Map([[from.next.text, from.next]]);
    from.others.set(step.text, step);
  }
  return step;
}

/** Forgets all shapes. */
function forget(): void {
  roots = newRoots();
  shapes = 0;
  strangers = 0;
}

function newRoots(): Shape[] {
  return Array.from({ length: maxTracked + 1 }, () => new Shape("", noBytes));
}

const box = Object.create(null) as Record<string, boolean>;

/** Returns the very string that V8 has for a name: its inline caches compare names by identity, and others miss. */
function asName(text: string): string {
  box[text] = true;
  const [name] = Object.keys(box);
  delete box[text];
  return name!;
}
