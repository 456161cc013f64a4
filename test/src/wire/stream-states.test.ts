import test from "node:test";
import {
  counting,
  type Fate,
  leavesNothing,
  meets,
  sending,
  skipped,
  total,
  unknownId,
  unknownStream,
  unread,
} from "./ground/stream-fates.js";
import { attackServer } from "./ground/streaming.js";
import { cancel, chunk, credit, end, type Frame, item, request } from "./raw/frames.js";

/** State × frame, as a server meets it: behind these frames each of those. */
interface State {
  readonly name: string;
  readonly before: readonly Frame[];
  /** What answers the frames before, in order, but for credit. */
  readonly fates: Readonly<Record<string, Fate>>;
}

const frames: Readonly<Record<string, Frame>> = {
  "an item of the result": item(2, { target: 0 }),
  "an item of argument 1": item(2, { target: 1, value: 1 }),
  "an item of argument 2": item(2, { target: 2, value: 1 }),
  "an end of the result": end(2, { target: 0 }),
  "an end of argument 1": end(2, { target: 1 }),
  "an end of argument 2": end(2, { target: 2 }),
  "credit for the result": credit(2, 1_000),
  "credit for argument 1": credit(2, 1_000, { target: 1 }),
  "a cancel": cancel(2),
  "a cancel of argument 1": cancel(2, { target: 1 }),
  "a cancel of a stream that nobody has": cancel(2, { target: 9 }),
  "a chunk": chunk(2, Buffer.alloc(5)),
};

/** Only who is called says that it wants no more of an argument. */
const wrongSide: Fate = { ends: "WRONG_INITIATOR" };

const all = (fate: Fate): Record<string, Fate> => ({
  ...Object.fromEntries(Object.keys(frames).map((name) => [name, fate])),
  ...(fate === "passed over" && {
    "a cancel of argument 1": wrongSide,
    "a cancel of a stream that nobody has": wrongSide,
  }),
});

const states: readonly State[] = [
  { name: "no call", before: [], fates: all(unknownId) },
  {
    name: "a result that is sent",
    before: [counting(2, 1e9)],
    fates: {
      ...all(skipped),
      "an item of the result": unknownStream,
      "an item of argument 1": unknownStream,
      "an item of argument 2": unknownStream,
      "an end of the result": unknownStream,
      "an end of argument 1": unknownStream,
      "an end of argument 2": unknownStream,
    },
  },
  {
    name: "an argument that is read",
    before: [sending(2, total)],
    fates: {
      ...all(skipped),
      "an item of the result": unknownStream,
      "an item of argument 2": unknownStream,
      "an end of the result": unknownStream,
      "an end of argument 2": unknownStream,
    },
  },
  {
    name: "an argument that has ended, of a call that goes on",
    before: [sending(2, unread), end(2, { target: 1 })],
    fates: {
      ...all(skipped),
      "an item of the result": unknownStream,
      "an item of argument 2": unknownStream,
      "an end of the result": unknownStream,
      "an end of argument 2": unknownStream,
    },
  },
  { name: "a call that is over", before: [counting(2, 0)], fates: all(skipped) },
  { name: "a call that was cancelled", before: [counting(2, 1e9), cancel(2)], fates: all(skipped) },
  { name: "a call that is no stream", before: [request({ id: 2, method: 4 })], fates: all(skipped) },
];

for (const { name, before, fates } of states) {
  for (const [what, frame] of Object.entries(frames)) {
    test(`a server that has ${name} meets ${what} as the protocol says`, async (t) => {
      const attacked = await attackServer(t);
      const { peer, clock } = attacked;
      peer.send(...before);
      await clock.settle();
      peer.send(frame);
      await meets(peer, fates[what]!);
      peer.reset();
      await leavesNothing(attacked);
    });
  }
}
