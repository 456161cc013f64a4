/** Control characters, and those that change the direction of text: from a peer they could redraw the terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Returns what a registry or a peer said, fit for a line of the terminal. */
export function printable(text: string): string {
  return text.replace(unprintable, " ");
}

/** Returns JSON in one line that means the same, and is fit for a terminal. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/** Returns a text of several lines, each fit for the terminal. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Returns plain JSON with all its texts and names fit for the terminal: what is printed of it in another form. */
export function printableIn(value: unknown): unknown {
  if (typeof value === "string") return printableLines(value);
  if (Array.isArray(value)) return value.map(printableIn);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [printable(name), printableIn(field)]));
}
