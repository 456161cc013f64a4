import { type Admission, RpcError, type Server, serve, tls } from "@rpc/core";
import { greeter } from "./greeter.js";

const allowed = new Set(["URI:spiffe://shop/checkout"]);

/** Before a call is decoded: who asks for what. */
const authorize: Admission = ({ peer, method }) => {
  if (peer.certificate?.altNames.some((name) => allowed.has(name))) return undefined;
  return new RpcError("permission_denied", `${peer.certificate?.commonName} may not call ${method.path}`);
};

/** For other machines: encrypted, and only for who has a certificate of our own authority. */
export function serveMutually(folder: string): Promise<Server> {
  const of = (name: string) => ({ file: `${folder}/${name}.pem` });
  return serve({
    services: [greeter],
    listen: "tls://0.0.0.0:0",
    transports: {
      tls: tls({ certificate: of("cert"), key: of("key"), ca: of("ca"), clientCertificates: "required" }),
    },
    authorize,
  });
}
