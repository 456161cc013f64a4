import { RpcError } from "../contract/errors.js";
import type { Method, MethodKind } from "../contract/method.js";
import { didYouMean } from "../service/names.js";
import type { RemoteService } from "../session/remote-service.js";

/** Returns the error of a call whose method its server does not have, or has with other streams than its caller means. */
export function noRemoteMethod(method: Method, remote: RemoteService, endpoint: string): RpcError {
  const kind = remote.kinds.get(method.name);
  if (kind !== undefined && kind !== method.kind) return kindMismatch(method, kind, endpoint);
  const hint = didYouMean(method.name, remote.kinds.keys());
  return new RpcError(
    "unimplemented",
    `${endpoint} has no method "${method.name}" in its service ${method.service}${hint}`,
    { reason: "NO_METHOD", processed: "no", endpoint, origin: "peer" },
  );
}

/** Returns the error of a call that streams otherwise than the method that it is for. */
export function kindMismatch(method: Method, kind: MethodKind, endpoint?: string): RpcError {
  const there = endpoint === undefined ? "its dispatcher" : endpoint;
  const message = `${method.path} is "${kind}" at ${there}, and "${method.kind}" to its client: build both from one definition (option stream)`;
  return new RpcError("failed_precondition", message, { reason: "KIND_MISMATCH", processed: "no", endpoint });
}
