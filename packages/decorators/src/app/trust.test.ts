import "reflect-metadata/lite";
import assert from "node:assert/strict";
import { test } from "node:test";
import { currentCall, type NewConnection, RpcError, token } from "@rpc/core";
import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";
import { refusal } from "../start-up-error.fixture.js";
import { createApp } from "./create-app.js";
import { memoryApps } from "./memory-apps.fixture.js";

@Service()
class Vault {
  @Method()
  who(): string | undefined {
    return currentCall().peer?.identity?.name;
  }

  @Method()
  forbidden(): void {}
}

test("an app's server asks who calls and who may, its clients show their credentials, and both see their connections", async () => {
  const apps = memoryApps();
  const seen: string[] = [];
  const onConnect =
    (side: string) =>
    (_made: NewConnection): void =>
      void seen.push(side);
  await apps.start({
    services: [Vault],
    serve: {
      authenticate: token("open sesame"),
      authorize: ({ method }) =>
        method.name === "forbidden" ? new RpcError("permission_denied", "nobody may") : undefined,
      onConnect: onConnect("server"),
    },
  });
  const connect = { credentials: () => "open sesame", onConnect: onConnect("client"), insecure: false };
  const vault = (await apps.make({ connect })).client(Vault);
  assert.equal(await vault.who(), "token");
  await assert.rejects(vault.forbidden(), { code: "permission_denied", processed: "no" });
  assert.deepEqual(seen.sort(), ["client", "server"]);
  const stranger = (await apps.make({ connect: { credentials: "knock" } })).client(Vault);
  await assert.rejects(stranger.who(), { code: "unauthenticated", processed: "no" });
  await apps.stop();
});

test("an option of one side that stands at the top is refused, and the message says where it belongs", async () => {
  for (const [options, message] of [
    [{ credentials: "x" }, /write connect: \{ credentials \}/],
    [{ authenticate: () => undefined }, /write serve: \{ authenticate \}/],
    [{ onConnect: () => {} }, /write serve: \{ onConnect \} or connect: \{ onConnect \}/],
  ] as const) {
    await assert.rejects(createApp(options as object), refusal("BAD_OPTION", message));
  }
});

test("an app that could be reached from other machines, by whoever finds it, does not start", async () => {
  const apps = memoryApps();
  const app = await apps.make({ services: [Vault], listen: "tcp://0.0.0.0:0", advertise: "tcp://10.0.0.1:1" });
  await assert.rejects(app.start(), { reason: "BAD_OPTION", message: /without encryption or authentication/ });
  await apps.stop();
});
