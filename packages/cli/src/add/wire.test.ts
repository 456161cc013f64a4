import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { byHand, wire } from "./wire.js";

const main = readFileSync(new URL("../../../../examples/scaffolded/src/main.ts", import.meta.url), "utf8");

describe("a service's place in the entry file", () => {
  test("is found in the one that rpc new writes, with imports in order", () => {
    const wired = wire(main, "Invoices", "invoices") ?? "";
    assert.match(
      wired,
      /^import \{ createApp \} .*\nimport \{ Invoices \} from "\.\/services\/invoices\.js";\nimport \{ Orders \}/m,
    );
    assert.match(wired, /^const services = \{\n {2}Orders,\n {2}Stock,\n {2}Invoices,\n\};$/m);
    const twice = wire(wired, "Warehouse", "warehouse") ?? "";
    assert.match(twice, /^import \{ Stock \} .*\nimport \{ Warehouse \} from "\.\/services\/warehouse\.js";\n/m);
    assert.match(twice, /^ {2}Invoices,\n {2}Warehouse,\n\};$/m);
    assert.equal(twice.split("\n").length, main.split("\n").length + 4);
  });

  test("is left to a person where the file was changed so that nobody can be sure", () => {
    const changes: [what: string, text: string][] = [
      ["a list on one line", main.replace(/\{\n {2}Orders,\n {2}Stock,\n\}/, "{ Orders, Stock }")],
      ["a list with names of its own", main.replace("  Stock,\n", "  Stock: Shelves,\n")],
      ["a comment in the list", main.replace("  Stock,\n", "  // Stock\n  Stock,\n")],
      ["no list", main.replace("const services", "const all")],
      ["two lists", `${main}\nconst services = {\n};\n`],
      ["no imports of services", main.replace(/"\.\/services\//g, '"./other/')],
      ["lines that end as on Windows", main.replaceAll("\n", "\r\n")],
      ["an empty file", ""],
      ["the name in use", `${main}\nconst Invoices = 1;\n`],
    ];
    for (const [what, text] of changes) assert.equal(wire(text, "Invoices", "invoices"), undefined, what);
    assert.match(byHand("OrderItems", "order-items"), /import \{ OrderItems \} from "\.\/services\/order-items\.js";/);
  });
});
