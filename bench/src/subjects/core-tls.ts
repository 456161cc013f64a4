import { bind, connect, defineService, serve, tls } from "@rpc/core";
import { ownCertificate } from "./own-certificate.js";
import { type Calls, handlers, type Subject } from "./subject.js";

const EchoService = defineService<Pick<Calls, "echo">>("Echo", { echo: {} });

/** Core over TLS 1.3, with its defaults otherwise. The address carries the certificate that the client trusts. */
export const coreTls: Subject = {
  async serve() {
    const { key, certificate } = ownCertificate();
    const server = await serve({
      services: [bind(EchoService, handlers)],
      listen: "tls://127.0.0.1:0",
      transports: { tls: tls({ key, certificate }) },
    });
    return { address: JSON.stringify({ address: server.address, certificate }), close: () => server.close() };
  },

  async connect(text) {
    const { address, certificate } = JSON.parse(text) as { address: string; certificate: string };
    const connector = connect({ address, transports: { tls: tls({ ca: certificate }) } });
    return { calls: connector.client(EchoService), close: () => connector.close() };
  },
};
