import { once } from "node:events";
import { connect, createServer } from "node:tls";
import { withMsgpackr } from "./bare.js";
import { bareSocket } from "./bare-socket.js";
import { ownCertificate } from "./own-certificate.js";
import type { Subject } from "./subject.js";

/** The baseline over TLS 1.3: the same frames, the same one write a turn, the same codec. The address carries the certificate that the client trusts. */
export const bareTls: Subject = {
  async serve() {
    const { key, certificate } = ownCertificate();
    const listen = { minVersion: "TLSv1.3" as const, key, cert: certificate };
    const served = await bareSocket(withMsgpackr, {
      listen: (accept) => createServer(listen, accept),
      connect: () => Promise.reject(new Error("This side listens.")),
    }).serve();
    return { ...served, address: JSON.stringify({ ports: served.address, certificate }) };
  },

  async connect(address) {
    const { ports, certificate } = JSON.parse(address) as { ports: string; certificate: string };
    return bareSocket(withMsgpackr, {
      listen: () => {
        throw new Error("This side connects.");
      },
      async connect(port) {
        const socket = connect({ port, host: "127.0.0.1", ca: certificate, minVersion: "TLSv1.3" });
        await once(socket, "secureConnect");
        return socket;
      },
    }).connect(ports);
  },
};
