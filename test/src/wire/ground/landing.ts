import { Duplex } from "node:stream";
import type { Transport } from "@rpc/core";

/** What is read and has no place yet lies here, and is overwritten as soon as it was heard. */
const passing = Buffer.alloc(262_144);

/**
 * Returns a transport whose clients read as from a socket that is read in place: each time as much as `size` says, and
 * to where the hints say. What was heard and has no place is overwritten. `landed` is told of what was read to its place.
 */
export function landing(inner: Transport, size: () => number, landed: (bytes: number) => void = () => {}): Transport {
  return {
    ...inner,
    listen: (...how) => inner.listen(...how),
    async connect(address, signal, hints) {
      const bare = await inner.connect(address, signal);
      const stream = new Duplex({
        read() {},
        write: (chunk: Buffer, _, done) => void bare.write(chunk, done),
        final: (done) => void bare.end(done),
        destroy(error, done) {
          bare.destroy();
          done(error);
        },
      });
      const waiting: Buffer[] = [];
      let reading = false;
      const read = (): void => {
        // What is heard may be answered at once, and the answer by more.
        if (reading) return;
        reading = true;
        for (let bytes = waiting.shift(); bytes !== undefined && !stream.destroyed; ) {
          const place = hints?.landing?.();
          const into = place ?? passing;
          const count = bytes.copy(into, 0, 0, Math.min(bytes.length, size()));
          if (place !== undefined) landed(count);
          stream.emit("data", into.subarray(0, count));
          if (place === undefined) passing.fill(0xaa, 0, count);
          bytes = count < bytes.length ? bytes.subarray(count) : waiting.shift();
        }
        reading = false;
      };
      bare.on("data", (bytes: Buffer) => {
        waiting.push(bytes);
        read();
      });
      bare.on("end", () => stream.push(null));
      bare.on("error", (error) => stream.destroy(error));
      bare.on("close", () => stream.destroy());
      return stream;
    },
  };
}
