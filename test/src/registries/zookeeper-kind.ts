import { zookeeperRegistry } from "@rpc/registry-zookeeper";
import { type Client, createClient } from "node-zookeeper-client";
import { openZookeeper, zookeeperMissing } from "../servers/zookeeper.js";
import { type Kind, timeoutMs, ttlMs } from "./outages.js";

/** Uses ZooKeeper's own client for one thing. */
async function withClient<T>(port: number, use: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient(`127.0.0.1:${port}`, { sessionTimeout: 5_000 });
  const connected = new Promise<void>((resolve) => client.once("connected", resolve));
  client.connect();
  await connected;
  const closed = new Promise<void>((resolve) => client.once("disconnected", resolve));
  try {
    return await use(client);
  } finally {
    client.close();
    await closed;
  }
}

export const zookeeperKind: Kind = {
  name: "ZooKeeper",
  skip: zookeeperMissing,
  openServer: openZookeeper,
  registry: (port, options) => zookeeperRegistry({ hosts: `127.0.0.1:${port}`, ttlMs, timeoutMs, ...options }),
  remove: (port, service, id) =>
    withClient(
      port,
      (client) =>
        new Promise((resolve, reject) => {
          client.remove(`/rpc/default/${service}/${id}`, (error) => (error ? reject(error) : resolve()));
        }),
    ),
  put: (port, service, id, text) =>
    withClient(
      port,
      (client) =>
        new Promise((resolve, reject) => {
          client.create(`/rpc/default/${service}/${id}`, Buffer.from(text), (error) =>
            error ? reject(error) : resolve(),
          );
        }),
    ),
};
