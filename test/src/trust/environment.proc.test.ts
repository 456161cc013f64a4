import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { certify } from "./certificates/certificate.js";
import { tlsServer } from "./tls-server.js";

const run = promisify(execFile);
const script = fileURLToPath(new URL("./environment.fixture.js", import.meta.url));

test("NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment, which lets Node's own clients connect to anybody, changes nothing here", async (t) => {
  const { certificate, key } = certify({ name: "nobody", altNames: ["IP:127.0.0.1"] });
  const server = await tlsServer(t, { cert: certificate, key });
  const tell = async (env: NodeJS.ProcessEnv): Promise<unknown> => {
    const { stdout } = await run(process.execPath, [script, server.address], { env: { ...process.env, ...env } });
    return JSON.parse(stdout);
  };
  assert.deepEqual(await tell({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }), { bare: "connected", ours: "TLS_VERIFY" });
  assert.deepEqual(await tell({ NODE_TLS_REJECT_UNAUTHORIZED: "1" }), { bare: "refused", ours: "TLS_VERIFY" });
  assert.equal(server.received, 0);
});
