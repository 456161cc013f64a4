import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Transport } from "@rpc/core";

/** Connections that pass for HTTP until they are made, so that a reverse proxy lets them through: `http://host:port`. */
export const upgraded: Transport = {
  connect: (address, signal) =>
    new Promise((resolve, reject) => {
      request(address, { headers: { connection: "upgrade", upgrade: "rpc" }, signal })
        .on("upgrade", (_response, socket) => resolve(socket))
        .on("response", ({ statusCode }) => reject(new Error(`it does not upgrade, but answers ${statusCode}`)))
        .on("error", reject)
        .end();
    }),

  async listen(address, accept) {
    const server = createServer().on("upgrade", ({ socket: { remoteAddress, remotePort } }, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: rpc\r\n\r\n");
      accept(socket, `http://${remoteAddress}:${remotePort}`);
    });
    const { hostname, port } = new URL(address);
    await new Promise<void>((resolve) => server.listen(Number(port), hostname, resolve));
    const bound = server.address() as AddressInfo;
    return { address: `http://${hostname}:${bound.port}`, close: async () => void server.close() };
  },
};
