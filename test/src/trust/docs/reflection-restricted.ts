import { type Admission, ReflectionService, RpcError, type Server, serve, tokens } from "@rpc/core";
import { greeter } from "./greeter.js";

/** Operators may ask what is served; everybody else may only call it. */
const authorize: Admission = ({ peer, method }) =>
  method.service === ReflectionService.name && peer.identity?.name !== "operator"
    ? new RpcError("permission_denied", "only operators may ask what is served")
    : undefined;

export function serveToldToOperators(shop: string, operator: string): Promise<Server> {
  return serve({ services: [greeter], authenticate: tokens({ shop, operator }), authorize });
}
