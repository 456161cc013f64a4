import { readFile } from "node:fs/promises";

/** What a template is filled with: texts by name, and flags, which keep or drop the lines between `{{#flag}}` and `{{/flag}}`. */
export type Values = Readonly<Record<string, string | boolean>>;

/**
 * Reads one of the files in `templates/`, which holds several: each begins with a line `==== path`. One file, since what npm
 * packs leaves out tests and takes a `.gitignore` for its own. Returns their contents by their paths, filled.
 */
export async function readTemplate(name: string, values: Values): Promise<Map<string, string>> {
  const text = await readFile(new URL(`../../templates/${name}.txt`, import.meta.url), "utf8");
  const parts = text.split(/^==== (.+)\n/m).slice(1);
  const files = new Map<string, string>();
  for (let i = 0; i < parts.length; i += 2) files.set(fill(parts[i]!, values), fill(parts[i + 1]!, values));
  return files;
}

function fill(text: string, values: Values): string {
  return text
    .replace(/^\{\{#(\w+)\}\}\n([\s\S]*?)^\{\{\/\1\}\}\n/gm, (_all, flag: string, lines: string) =>
      filling(values, flag) === true ? lines : "",
    )
    .replace(/\{\{(\w+)\}\}/g, (_all, name: string) => String(filling(values, name)));
}

function filling(values: Values, name: string): string | boolean {
  const value = values[name];
  if (value === undefined) throw new TypeError(`a template wants ${name}`);
  return value;
}
