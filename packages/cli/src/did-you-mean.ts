import { nearestName } from "@rpc/core";

/** Returns the one of `names` that is most like `name`, as a question to end a message with; empty where none is like it. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}
