/**
 * Runs all that CI runs, each step even if one before it failed, and says how long each took.
 *
 *   npm run check                       everything
 *   npm run check -- --except tests     all but these steps
 *   npm run check -- --only lint        these steps alone
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { setUp } from "./setup.js";
import { root } from "./workspaces.js";

const node = process.execPath;
const tool = (/** @type {string} */ name) => `${root}/node_modules/.bin/${name}`;

/** In this order because all later steps read what the build writes. @type {Record<string, readonly [string, ...string[]]>} */
const steps = {
  lock: [node, "scripts/complete-lock.js", "--check"],
  build: [node, "scripts/build.js"], // the types tests are part of it: x.types.ts
  types: [node, "node_modules/typescript7/bin/tsc", "--project", "scripts"],
  lint: [tool("biome"), "check", "--error-on-warnings"],
  arrows: ["npm", "run", "--silent", "arrows"],
  rules: ["npm", "run", "--silent", "rules"],
  unused: ["npm", "run", "--silent", "unused"],
  packages: [node, "scripts/check-packages.js"],
  tests: [node, "scripts/test.js", "--coverage"],
};

const { values: chosen } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    except: { type: "string", multiple: true, default: [] },
  },
});
for (const name of [...(chosen.only ?? []), ...chosen.except]) {
  if (!(name in steps)) throw new Error(`no step is called ${name}; there are ${Object.keys(steps).join(", ")}`);
}

setUp();
const results = Object.entries(steps)
  .filter(([name]) => (chosen.only?.includes(name) ?? true) && !chosen.except.includes(name))
  .map(([name, [command, ...args]]) => {
    console.log(`\n── ${name}`);
    const startedAt = performance.now();
    const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    if (error !== undefined) console.error(error.message);
    return { name, passed: status === 0, seconds: (performance.now() - startedAt) / 1_000 };
  });

console.log("");
for (const { name, passed, seconds } of results) {
  console.log(`${passed ? "✔" : "✖"} ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
