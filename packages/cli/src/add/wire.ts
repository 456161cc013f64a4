/**
 * Returns the entry file with a service added to its imports and to its list, or undefined where it is not written as
 * `rpc new` wrote it: then only a person knows where it belongs.
 */
export function wire(main: string, service: string, file: string): string | undefined {
  const lists = [...main.matchAll(/^const services = \{\n((?: {2}[A-Za-z]\w*,\n)*)\};$/gm)];
  const imports = [...main.matchAll(/^import \{ \w+ \} from "\.\/services\/[\w-]+\.js";\n/gm)];
  const [list] = lists;
  const lastImport = imports.at(-1);
  if (lists.length !== 1 || list === undefined || lastImport === undefined) return undefined;
  if (new RegExp(`\\b${service}\\b`).test(main)) return undefined;

  const line = `import { ${service} } from "./services/${file}.js";\n`;
  const next = imports.find(([text]) => pathIn(text) > pathIn(line));
  const importAt = next?.index ?? lastImport.index + lastImport[0].length;
  const listAt = list.index + list[0].length - "};".length;
  return `${main.slice(0, importAt)}${line}${main.slice(importAt, listAt)}  ${service},\n${main.slice(listAt)}`;
}

/** Returns what to add by hand to an entry file that `wire` does not know its way in. */
export function byHand(service: string, file: string): string {
  return `  import { ${service} } from "./services/${file}.js";\n  const services = { …, ${service} };`;
}

function pathIn(line: string): string {
  return line.slice(line.indexOf('"'));
}
