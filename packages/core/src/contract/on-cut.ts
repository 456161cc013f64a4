/** Of a stream among arguments: takes what is called when its caller has gone, though nobody may be reading it. */
export const onCut = Symbol("onCut");

/** A stream that can say so, to one who listens. */
interface Cuttable {
  [onCut](listener: (error: unknown) => void): void;
}

export function isCuttable(items: object): items is Cuttable {
  return onCut in items;
}
