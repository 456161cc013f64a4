/** Where a codec writes: a buffer with a position, which can be made to have room. */
export interface Sink {
  /** Replaced by `reserve`: read it again after each call. */
  bytes: Buffer;
  /** Where the next byte goes. */
  position: number;
  /** Makes room for at least `count` bytes from `position` on; may replace `bytes`, keeping what the message has so far, and move `position`. Throws `RpcError` with MESSAGE_TOO_LARGE. */
  reserve(count: number): void;
}

/** Bounds that hold while decoding, so that a small message cannot become large work. */
export interface DecodeLimits {
  /** Levels of nesting; the outermost value is level 1. */
  readonly depth: number;
  /** Array elements, map entries and set members of the whole message together; what costs more to build counts as several. */
  readonly elements: number;
  /** Whether the bytes belong to what is decoded, so that it may refer to them: of messages that came in parts. Defaults to false. */
  readonly owned?: boolean;
}

/** Turns values into bytes and back. */
export interface Codec {
  /** 0 to 255, agreed in the hello: 1 MessagePack, 2 JSON, 3 raw bytes; 128 and above are the users'. */
  readonly id: number;
  readonly name: string;
  /** Set where it carries one value and no lists: of a request's arguments it writes the only one, and who reads them makes the list. */
  readonly single?: true;
  /** Writes a value at the sink's position and moves it. Throws when the value cannot be encoded, naming where in the value; the caller puts the position back. */
  encode(value: unknown, sink: Sink): void;
  /** Reads the one value that fills `bytes` from `start` to `end`. What it returns never refers to `bytes`, unless `limits.owned`. Throws `RpcError` with `invalid_argument`. */
  decode(bytes: Buffer, start: number, end: number, limits: DecodeLimits): unknown;
}
