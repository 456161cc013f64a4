import { ts } from "ts-morph";

/** Returns the lines of the comment before a declaration, without the marks of one; none where there is no `/** … *\/`. */
export function docsOf(node: ts.Node | undefined): readonly string[] {
  const comment = node === undefined ? undefined : ownComments(node).at(-1);
  if (comment === undefined) return [];
  const lines = comment
    .getText()
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split(/\r?\n/)
    .map((line, index) => (index === 0 ? line.trim() : line.replace(/^\s*\* ?/, "").trimEnd()));
  while (lines.at(-1) === "") lines.pop();
  while (lines[0] === "") lines.shift();
  return lines;
}

/** Returns what a comment says before its first tag, as one text. */
export function summaryOf(docs: readonly string[]): string | undefined {
  const end = docs.findIndex((line) => line.startsWith("@"));
  const text = docs
    .slice(0, end < 0 ? docs.length : end)
    .join("\n")
    .trim();
  return text === "" ? undefined : text;
}

function ownComments(node: ts.Node): readonly ts.JSDoc[] {
  return ts.getJSDocCommentsAndTags(node).filter((each): each is ts.JSDoc => ts.isJSDoc(each) && each.parent === node);
}
