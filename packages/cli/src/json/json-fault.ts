/** Where a text stops being JSON. */
export interface JsonFault {
  /** Index of the first character that cannot be. */
  readonly at: number;
  /** What could have stood there. */
  readonly wanted: string;
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON forbids in strings.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;
const word = /true|false|null/y;
const deepest = 1_000;

/** Returns where a text stops being one JSON value; undefined where it is one. Grammar: RFC 8259. */
export function jsonFault(text: string): JsonFault | undefined {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const [met] = pattern.exec(text) ?? [];
    at += met?.length ?? 0;
    return met !== undefined;
  };
  const fault = (wanted: string): JsonFault => ({ at, wanted });
  const takeChar = (char: string): boolean => {
    take(space);
    const met = text[at] === char;
    if (met) at++;
    return met;
  };
  const takeString = (): JsonFault | undefined => {
    take(string);
    if (text[at] !== '"') return fault('a character of a string, or its closing "');
    at++;
    return undefined;
  };
  const takeMember = (depth: number): JsonFault | undefined => {
    take(space);
    if (text[at] !== '"') return fault("a name in double quotes");
    return takeString() ?? (takeChar(":") ? takeValue(depth) : fault('":"'));
  };
  const takeList = (end: string, takeOne: (depth: number) => JsonFault | undefined, depth: number) => {
    at++;
    if (takeChar(end)) return undefined;
    for (;;) {
      const wrong = takeOne(depth);
      if (wrong !== undefined) return wrong;
      if (takeChar(end)) return undefined;
      if (!takeChar(",")) return fault(`"," or "${end}"`);
    }
  };
  const takeValue = (depth: number): JsonFault | undefined => {
    take(space);
    if (depth > deepest) return fault(`at most ${deepest} levels`);
    if (text[at] === "{") return takeList("}", takeMember, depth + 1);
    if (text[at] === "[") return takeList("]", takeValue, depth + 1);
    if (text[at] === '"') return takeString();
    return take(word) || take(number) ? undefined : fault("a value");
  };
  const wrong = takeValue(0);
  if (wrong !== undefined) return wrong;
  take(space);
  return at < text.length ? fault("nothing more") : undefined;
}
