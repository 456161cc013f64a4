import { type Connector, connect, type Server, serve, tls, tokens } from "@rpc/core";
import { greeter } from "./greeter.js";

/** For other machines: encrypted, and only for who has a token. */
export function serveOverTls(folder: string, token: string): Promise<Server> {
  const certificate = { file: `${folder}/cert.pem` }; // read again when it was renewed
  const key = { file: `${folder}/key.pem` };
  return serve({
    services: [greeter],
    listen: "tls://0.0.0.0:0",
    transports: { tls: tls({ certificate, key }) },
    authenticate: tokens({ checkout: token }), // several at a time: { checkout: [next, current] }
  });
}

/** Verifies the server's certificate and name, then shows its token. */
export function connectOverTls(address: string, folder: string, token: string): Connector {
  return connect({
    address,
    transports: { tls: tls({ ca: { file: `${folder}/ca.pem` } }) }, // leave it out for authorities that Node knows
    credentials: () => token, // asked for each connection
  });
}
