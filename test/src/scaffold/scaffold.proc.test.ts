import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { certify } from "../trust/certificates/certificate.js";
import { buildByHand, filesBelow } from "./dockerfile.js";
import { freshEnv, shell, start } from "./terminal.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const ofTheCommand = ["core", "schema", "codegen", "cli", "create"];
const packages = [...ofTheCommand, "balancer", "decorators", "registry-file", "registry-memory", "registry-dns"];

describe("a scaffolded project, made and installed from packed packages outside of this repository", () => {
  let folder: string;
  let project: string;
  let commands: readonly string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rpc-scaffold-"));
    project = join(folder, "shop");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test("is made by the command that npm create runs, once npm has fetched it", async () => {
    const [packed, tool] = [join(folder, "packed"), join(folder, "tool")];
    for (const each of [packed, tool]) await mkdir(each);
    const workspaces = packages.map((name) => `-w packages/${name}`).join(" ");
    await shell(repository, `npm pack --silent --ignore-scripts --pack-destination ${packed} ${workspaces}`);
    const names = (await readdir(packed)).filter((name) =>
      ofTheCommand.some((each) => name.startsWith(`rpc-${each}-`)),
    );
    await shell(
      tool,
      `npm install --silent --no-save --prefix . ${names.map((name) => `../packed/${name}`).join(" ")}`,
    );
    const create = `npm exec --prefix tool -- create-rpc shop --json --packages packed`;
    ({ commands } = JSON.parse(await shell(folder, create)));
    assert.deepEqual(commands, ["cd shop", "npm install", "npm test", "npm start"]);
  });

  test("installs and tests itself by the commands that were printed", async () => {
    const said = await shell(folder, commands.slice(0, 3).join("\n"));
    assert.match(said, /^(?:#|ℹ) pass 5$/m);
    assert.match(said, /^(?:#|ℹ) fail 0$/m);
  });

  describe("and once it is installed", { concurrency: 2 }, () => {
    test("starts by the command that was printed, answers rpc call, and drains on Ctrl-C", async (t) => {
      const registry = join(folder, "registry");
      const line = `${commands[0]}\n${commands[3]}`;
      const env = { ...freshEnv, RPC_FOLDER: registry };
      const { child, says, said, ended } = start("sh", ["-ec", line], { cwd: folder, env, detached: true });
      const signal = (name: NodeJS.Signals): boolean => process.kill(-child.pid!, name); // as a terminal does, to all of them
      t.after(() => child.exitCode === null && child.signalCode === null && signal("SIGKILL"));
      await says('"serving"');
      const call = `npx rpc --json call --registry file:${registry} --cluster shop Orders.place`;
      const order = { id: "o-1", product: "tea", quantity: 3 };
      assert.deepEqual(JSON.parse(await shell(project, `${call} '${JSON.stringify(order)}'`)), order);
      const wrong = shell(project, `${call} '${JSON.stringify({ ...order, quantity: "three" })}'`);
      await assert.rejects(wrong, /order\.quantity: expected a number, got a string/); // the contract is looked at
      signal("SIGINT");
      await ended;
      assert.match(said(), /SIGINT: the app drains/);
    });

    test("builds an image of what runs and nothing else, which serves as a pod and ends with code 0 on SIGTERM", async (t) => {
      const stages = join(folder, "image");
      await mkdir(stages);
      const image = await buildByHand(project, stages, async (line, cwd, env) => {
        // It would install what `npm install` has installed, had the lock all it wants: some mirrors of npm's registry lack
        // optional packages of other platforms.
        const instead = `cp -al ${project}/node_modules .`;
        await shell(cwd, line === "npm ci" ? instead : line, env);
      });
      const files = await filesBelow(image.root);
      for (const wanted of ["app/dist/main.js", "app/dist/ready.js"]) assert.ok(files.includes(wanted), wanted);
      const unwanted =
        /^app\/(?:src\/|dist\/.*\.test\.|node_modules\/(?:typescript|@types\/node|@rpc\/cli|@rpc\/codegen)\/)/;
      assert.deepEqual(
        files.filter((file) => unwanted.test(file)),
        [],
      );

      const secrets = join(folder, "secrets");
      await mkdir(secrets);
      const authority = certify({ name: "authority", usage: "authority" });
      const own = certify({ name: "shop", altNames: ["DNS:shop"], by: authority, usage: "server" });
      await writeFile(join(secrets, "ca.crt"), authority.certificate);
      await writeFile(join(secrets, "tls.crt"), own.certificate);
      await writeFile(join(secrets, "tls.key"), own.key);
      // Loopback, but not where others listen: a pod's port is not left to chance.
      const pod = {
        POD_IP: "127.0.0.77",
        POD_NAMESPACE: "default",
        RPC_TLS_FOLDER: secrets,
        RPC_TOKEN: "t".repeat(32),
      };
      const env = { ...freshEnv, ...image.env, ...pod };
      const [program = "", ...args] = image.entrypoint;
      const { child, says, said, ended } = start(program, [...args, "Stock"], { cwd: image.workdir, env });
      t.after(() => child.kill("SIGKILL"));
      await says('"serving"');
      await shell(image.workdir, "node dist/ready.js Stock", pod);
      const stranger = shell(image.workdir, "node dist/ready.js Stock", { ...pod, RPC_TOKEN: "s".repeat(32) });
      await assert.rejects(stranger, /credentials were not accepted/);
      child.kill("SIGTERM");
      assert.equal(await ended, 0, said());
    });
  });

  test("takes one more service, also where a newer compiler checks what libraries declare", async () => {
    const added = await shell(project, "npx rpc --json add service Invoices");
    assert.equal(JSON.parse(added).byHand, undefined);
    // For every user it would be slow to check libraries, and at the mercy of other packages.
    await shell(project, `node ${repository}/node_modules/typescript7/bin/tsc --skipLibCheck false`);
    assert.match(await shell(project, "node --test dist/services/invoices.test.js"), /^(?:#|ℹ) pass 1$/m);
  });
});
