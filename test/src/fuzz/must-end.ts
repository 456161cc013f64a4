import { flagBits, kinds } from "../wire/raw/numbers.js";
import { offersStreams, unpacked, waysOf } from "./blocks.js";
import type { Side } from "./conversation.js";
import { Parts, passedOver } from "./parts.js";
import { type Heard, notOurs, tooLong } from "./said.js";

/** Kinds that have no flags at all. */
const bare: ReadonlySet<number> = new Set([
  kinds.hello,
  kinds.welcome,
  kinds.ping,
  kinds.pong,
  kinds.drain,
  kinds.close,
  kinds.block,
]);
const ofStreams: ReadonlySet<number> = new Set([kinds.item, kinds.end, kinds.credit]);
const answers: ReadonlySet<number> = new Set([kinds.response, kinds.error, kinds.reject]);
const ignorable = 0x80;
/** Flags that no kind has. */
const nobodys = 0xfe00;

/**
 * Returns why what was said breaks the protocol for certain, judged by docs/protocol.md alone; undefined where it does
 * not, or where more than a header is needed to say so.
 */
export function mustEnd(side: Side, sent: readonly Heard[], heard: readonly Heard[]): string | undefined {
  const agreed = sent[0] === undefined ? [] : waysOf(sent[0]);
  const streams = sent[0] !== undefined && offersStreams(sent[0]);
  const said = unpacked(sent, agreed);
  const highestIssued = side === "dialler" ? 0 : heard.reduce((most, { id }) => Math.max(most, id), 0);
  const ignored = passedOver(heard);
  const parts = new Parts();
  const answered = new Set<number>();
  const asked = new Set(heard.filter(({ kind }) => kind === kinds.request).map(({ id }) => id));
  let greeted = false;
  let lastId = 0;
  for (const frame of said) {
    const { kind, flags, target, id } = frame;
    if (kind === notOurs) return "other first bytes";
    if (kind === tooLong) return "a frame that is too long";
    if ((flags & nobodys) !== 0 && kind < ignorable) return "a flag that nobody has";
    if (bare.has(kind) && flags !== 0) return "a flag on a kind that has none";
    if (kind === kinds.close) return undefined;
    if (!greeted) {
      if (kind !== (side === "dialler" ? kinds.hello : kinds.welcome)) return "something before the hello";
      greeted = true;
      continue;
    }
    if (kind === kinds.hello || kind === kinds.welcome) return "a second hello";
    if (kind === kinds.block)
      return agreed.includes(target) ? "a block that cannot be read" : "a block in no way that was agreed";
    if (kind === 0 || (ofStreams.has(kind) && !streams)) return `kind ${kind}`;
    if (kind > kinds.close && kind < ignorable) return `kind ${kind}`;
    // Behind a drain of a server nothing is asked of it any more, and what it says late is passed over.
    if (kind === kinds.drain && side === "acceptor" && target === 1) return undefined;
    const byAcceptor = (flags & flagBits.acceptor) !== 0;
    const own = side === "acceptor" ? byAcceptor : !byAcceptor;
    if (kind === kinds.request || kind === kinds.open) {
      if (!own) return "a request that says the other side made it";
      if (id <= lastId) return `id ${id} after ${lastId}`;
      lastId = id;
      // A oneway call that is turned away is passed over without a word.
      const unheard = ignored.has(id) || (flags & flagBits.oneway) !== 0;
      const wrong = unheard || kind === kinds.open ? undefined : parts.begin(frame);
      if (wrong !== undefined) return wrong;
    } else if (ofStreams.has(kind)) {
      if (kind === kinds.credit && id === 0 && target === 0) continue;
      if (id > (own ? lastId : highestIssued) || id === 0) return `kind ${kind} of ${id}, which was never asked`;
    } else if (kind === kinds.cancel && streams && target !== 0 && !own) {
      // Who is called wants no more of an argument.
      if (id > highestIssued) return `a cancel of an argument of ${id}, which was never asked`;
    } else if (kind === kinds.cancel) {
      if (!own) return "a cancel that says the other side asked";
      if (id > lastId) return `a cancel of ${id}, which was never asked`;
      parts.drop(id);
    } else if (answers.has(kind) || kind === kinds.opened) {
      if (own) return "an answer to one's own question";
      if (id === 0 || id > highestIssued) return `an answer to ${id}, which was never asked`;
      const first = asked.has(id) && !answered.has(id);
      answered.add(id);
      const wrong = first && !ignored.has(id) ? parts.begin(frame) : parts.another(frame);
      if (wrong !== undefined) return wrong;
    } else if (kind === kinds.chunk) {
      if (id > (own ? lastId : highestIssued)) return `a part of ${id}, which was never begun`;
      const wrong = parts.add(frame);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}
