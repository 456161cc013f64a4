/** Removes what the build and the tests write: every `dist` beside a `tsconfig.json`, and `coverage`. */
import { rmSync } from "node:fs";
import { root, workspaces } from "./workspaces.js";

for (const { folder } of workspaces()) rmSync(`${root}/${folder}/dist`, { recursive: true, force: true });
rmSync(`${root}/coverage`, { recursive: true, force: true });
