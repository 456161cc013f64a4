import { Readable } from "node:stream";
import type { StreamForm } from "../contract/method.js";
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
        ({ done, value }) => void this.push(done === true ? null : value),
        (thrown) => void this.destroy(thrown as Error),
      );
    },
    destroy(error, done) {
      endSource(source);
      done(error);
    },
  });
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
