import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkProjectName, checkServiceName, fileNameOf, labelOf, unscoped } from "./names.js";

describe("names of what is scaffolded", () => {
  test("a project's name is one that npm, Docker and Kubernetes take; any other is refused with the reason", () => {
    for (const name of ["shop", "web-store", "a", "@acme/shop", "shop2", "a".repeat(40)]) checkProjectName(name);
    const refused: [name: string, why: RegExp][] = [
      ["", /empty/],
      ["Shop", /no capitals/],
      ["web_store", /lower-case letters, digits and hyphens/],
      ["2shop", /a letter first/],
      ["shop-", /no hyphen last/],
      ["../shop", /@acme\/shop/],
      ["a/b", /@acme\/shop/],
      ["@acme/", /lower-case/],
      ["@acme/../b", /@acme\/shop/],
      ["a".repeat(41), /41 characters, and 40/],
      ["http", /used by the project itself/],
      ["typescript", /used by the project itself/],
      ["node_modules", /lower-case/],
      ["shop\n", /lower-case/],
    ];
    for (const [name, why] of refused) assert.throws(() => checkProjectName(name), why, name);
    assert.throws(() => checkProjectName("Shop"), { name: "CliError", exitCode: 2, message: /^"Shop" cannot be/ });
    assert.equal(unscoped("@acme/shop"), "shop");
  });

  test("a service's name is one that its class can have; any other is refused with the reason", () => {
    for (const name of ["Orders", "OrderItems", "HTTPGateway", "A", "V2"]) checkServiceName(name);
    const refused: [name: string, why: RegExp][] = [
      ["", /letters and digits/],
      ["orders", /capital: Orders/],
      ["2Orders", /begin with a capital/],
      ["Order-Items", /letters and digits/],
      ["../Orders", /letters and digits/],
      ["Map", /something of that name/],
      ["Service", /something of that name/],
      ["OrdersService", /leave the word out/],
      ["O".repeat(41), /41 characters, and 40/],
    ];
    for (const [name, why] of refused) assert.throws(() => checkServiceName(name), why, name);
  });

  test("a service's files and its name in DNS follow from its name", () => {
    const names = ["Orders", "OrderItems", "HTTPGateway", "V2", "Orders2Go"];
    assert.deepEqual(names.map(fileNameOf), ["orders", "order-items", "httpgateway", "v2", "orders2-go"]);
    assert.deepEqual(names.map(labelOf), ["orders", "orderitems", "httpgateway", "v2", "orders2go"]);
  });
});
