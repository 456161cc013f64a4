import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" }) => void;

/** Returns the bytes that are held after a collection, in objects and in buffers. */
export function heldBytes(): number {
  collect();
  // What buffers held is let go of by a thread of its own, which the next collection waits for, be it a small one.
  collect({ type: "minor" });
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
