/** Names that are remembered; each costs about 200 bytes. */
const maxNames = 2_048;
/** Misses after which names are learnt anew, so that those of an hour ago make room. */
const missesUntilReset = 65_536;
const maxLength = 15;

/** A property's name as MessagePack: up to 16 bytes, header included, four to a word, the first in the lowest bits. */
export class Name {
  readonly text: string;
  readonly size: number;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  /** The name that was written after this one the last time: most often it is so again. */
  next: Name;

  constructor(text: string) {
    const bytes = Buffer.alloc(maxLength + 1);
    bytes[0] = 0xa0 | text.length;
    bytes.write(text, 1, "latin1");
    this.text = text;
    this.size = text.length + 1;
    this.w0 = bytes.readInt32LE(0);
    this.w1 = bytes.readInt32LE(4);
    this.w2 = bytes.readInt32LE(8);
    this.w3 = bytes.readInt32LE(12);
    this.next = this;
  }
}

const names = new Map<string, Name>();
let misses = 0;

/** Returns the remembered form of a name; undefined for one that is long, not ASCII, or one too many. */
export function nameOf(text: string): Name | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (text.length > maxLength || !isAscii(text)) return undefined;
  if (names.size >= maxNames) {
    if (++misses < missesUntilReset) return undefined;
    misses = 0;
    names.clear();
  }
  const name = new Name(text);
  names.set(text, name);
  return name;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}
