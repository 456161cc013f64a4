import { Readable } from "node:stream";
import type { StreamForm } from "../contract/method.js";
import { isCuttable, onCut } from "../contract/on-cut.js";
import { endSource } from "./endable-items.js";

/** Returns a stream in the form that its reader wants. */
export function streamIn(form: StreamForm, items: AsyncIterable<unknown>): unknown {
  switch (form) {
    case "readable":
      return readableOf(items);
    case "web":
      return webStreamOf(items);
    default:
      return items;
  }
}

/** Asks for an item only while it holds less than Node's usual 64 KiB. Destroying it leaves the items. */
function readableOf(items: AsyncIterable<unknown>): Readable {
  const source = items[Symbol.asyncIterator]();
  const readable = new Readable({
    read() {
      source.next().then(
        ({ done, value }) => {
          if (done === true) this.push(null);
          // To a Readable it is the end: what was cut off there would be taken for whole.
          else if (value === null) this.destroy(new TypeError("an item is null, where the handler wants bytes"));
          else this.push(value);
        },
        (thrown) => void this.destroy(thrown as Error),
      );
    },
    destroy(error, done) {
      endSource(source);
      done(error);
    },
  });
  // While it is not read, or holds enough, it asks for nothing, and would not hear that its caller has gone.
  if (isCuttable(items)) items[onCut]((error) => void readable.destroy(error as Error));
  // A caller that goes away must not end the process of a handler that does not listen: who reads it is told.
  return readable.on("error", () => {});
}

/** Asks for an item only when it is read. Cancelling it leaves the items. */
function webStreamOf(items: AsyncIterable<unknown>): ReadableStream {
  const source = items[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        endSource(source);
      },
    },
    { highWaterMark: 0 },
  );
}
