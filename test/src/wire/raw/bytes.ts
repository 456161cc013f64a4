/** Returns a number as one byte. */
export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

/** Returns a number as two bytes, big-endian. */
export function u16(value: number): Buffer {
  return Buffer.from([value >>> 8, value]);
}

/** Returns a number as four bytes, big-endian. */
export function u32(value: number): Buffer {
  return Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
}

/** Returns text in UTF-8 behind its length in two bytes. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** Returns the bytes that a string of hex digits stands for; spaces and line ends between them mean nothing. */
export function hex(digits: string): Buffer {
  const bare = digits.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(bare)) throw new TypeError(`not hex: ${bare.slice(0, 40)}`);
  return Buffer.from(bare, "hex");
}

/** Reads what the functions above write. Throws RangeError at the end. */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  take(count: number): Buffer {
    const from = this.at;
    this.at += count;
    if (this.at > this.bytes.length) throw new RangeError(`${count} bytes wanted at ${from} of ${this.bytes.length}`);
    return this.bytes.subarray(from, this.at);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  text(): string {
    return this.take(this.u16()).toString();
  }

  rest(): Buffer {
    return this.take(this.bytes.length - this.at);
  }
}
