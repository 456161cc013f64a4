/**
 * Holds docs/errors-by-reason.md and the sources of the packages together: every reason that an error is given has a
 * row, and every row is of a reason that there is, with codes that there are.
 *
 * It reads text: a reason is a word in capitals between double quotes, unless it is listed below as something else.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, workspaces } from "./workspaces.js";

const table = "docs/errors-by-reason.md";
/** Names of errors and signals of the system. */
const system = /^(?:E[A-Z0-9]+|ERR_\w+|SIG[A-Z]+)$/;
/** Names of variables of the environment. */
const environment = /^(?:NO_COLOR|CONSUL_HTTP_TOKEN|RPC_[A-Z_]+)$/;
/** Other words in capitals that are no reason of an error: of logs, of TLS, of Redis, of DNS. */
const others = new Set(["THROWN", "CERTIFICATE", "CERTIFICATE_REQUIRED", "NO_CERTIFICATE", "READONLY", "AAAA"]);

const codes = [
  ...readFileSync(`${root}/packages/core/src/contract/code.ts`, "utf8").matchAll(/^ {2}(\w+): \d+,$/gm),
].map(([, code = ""]) => code);
/** Returns what is wrong, a line each. */
export function reasonFailures() {
  return failuresOf(readFileSync(`${root}/${table}`, "utf8"), sources());
}

function failuresOf(/** @type {string} */ page, /** @type {ReadonlyMap<string, string>} */ files) {
  const rows = rowsOf(page);
  const listed = rows.map(({ reason }) => reason);
  const used = new Map([...files].flatMap(([file, text]) => reasonsIn(text).map((reason) => [reason, file])));
  // Who gives no reason gives the code in capitals.
  const byDefault = codes.map((code) => code.toUpperCase());
  return [
    ...[...used]
      .filter(([reason]) => !listed.includes(reason))
      .map(
        ([reason, file]) =>
          `${file}: "${reason}" has no row in ${table}. Say what it means and what to do; if it is no reason of an error, add it to scripts/check-reasons.js`,
      ),
    ...listed
      .filter((reason) => !used.has(reason) && !byDefault.includes(reason))
      .map((reason) => `${table}: nothing gives the reason ${reason} any more`),
    ...listed
      .filter((reason, index) => listed.indexOf(reason) !== index)
      .map((reason) => `${table}: ${reason} has two rows`),
    ...rows.flatMap(({ reason, named, processed }) => [
      ...named.filter((code) => !codes.includes(code)).map((code) => `${table}: ${reason}: there is no code ${code}`),
      ...(/^(?:no|maybe|yes)(?:(?:, | \/ )(?:no|maybe|yes))*$/.test(processed)
        ? []
        : [`${table}: ${reason}: processed is "${processed}"`]),
    ]),
  ];
}

/** A row of the tables has one or more reasons, their codes, and whether the handler ran. */
function rowsOf(/** @type {string} */ page) {
  return [...page.matchAll(/^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$/gm)].flatMap(
    ([, reasons = "", named = "", processed = ""]) =>
      [...reasons.matchAll(/`([A-Z0-9_]+)`/g)].map(([, reason = ""]) => ({
        reason,
        named: named.split(", "),
        processed,
      })),
  );
}

function reasonsIn(/** @type {string} */ text) {
  return [...text.matchAll(/"([A-Z][A-Z0-9_]{3,})"/g)]
    .map(([, word = ""]) => word)
    .filter((word) => !system.test(word) && !environment.test(word) && !others.has(word));
}

/** The text of each source file that is published, by its path. */
function sources() {
  const found = new Map();
  for (const { folder } of workspaces().filter(({ folder }) => folder.startsWith("packages/"))) {
    for (const name of readdirSync(join(root, folder, "src"), { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts") || /\.(?:test|types|fixture)\.ts$|(?:^|[/\\])testing[/\\]/.test(name)) continue;
      found.set(`${folder}/src/${name}`, readFileSync(join(root, folder, "src", name), "utf8"));
    }
  }
  return found;
}
