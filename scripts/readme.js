// Fills the code blocks of a Markdown file from the files they name: `node scripts/readme.js README.md`.
import { readFileSync, writeFileSync } from "node:fs";

const block = /<!-- file: (\S+) -->\n```(\w+)\n[\s\S]*?```/g;

export function filled(markdown) {
  return markdown.replace(block, (_, file, language) => {
    return `<!-- file: ${file} -->\n\`\`\`${language}\n${readFileSync(file, "utf8").trimEnd()}\n\`\`\``;
  });
}

for (const path of process.argv.slice(2)) writeFileSync(path, filled(readFileSync(path, "utf8")));
