/**
 * Fills the code blocks of Markdown files from the files they name, so that what a reader copies is what the tests run.
 *
 *   node scripts/readme.js README.md docs/a.md      writes them
 *   node scripts/readme.js --check README.md        changes nothing; exits with 1 if a block differs from its file
 */
import { readFileSync, writeFileSync } from "node:fs";
import { root } from "./workspaces.js";

const block = /<!-- file: (\S+) -->\n```(\w+)\n[\s\S]*?```/g;

const paths = process.argv.slice(2).filter((argument) => argument !== "--check");
for (const path of paths) {
  const written = readFileSync(path, "utf8");
  const wanted = filled(written);
  if (!process.argv.includes("--check")) writeFileSync(path, wanted);
  else if (wanted !== written) {
    console.error(`${path}: a code block differs from the file it names. Run \`npm run readme\`.`);
    process.exitCode = 1;
  }
}

function filled(/** @type {string} */ markdown) {
  return markdown.replace(block, (_all, file, language) => {
    return `<!-- file: ${file} -->\n\`\`\`${language}\n${readFileSync(`${root}/${file}`, "utf8").trimEnd()}\n\`\`\``;
  });
}
