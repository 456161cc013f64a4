import { RpcError } from "@rpc/core";
import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError } from "etcd3";

/** Returns what throws an error of etcd's again, and says what to do where it was etcd that refused. */
export function refusalOf(name: string): (cause: unknown) => never {
  return (cause) => {
    if (!isRefusal(cause)) throw cause;
    const why = (cause as Error).message;
    throw new RpcError("permission_denied", `${name} refuses this process: ${why}; see credentials of etcdRegistry`, {
      reason: "REGISTRY_FAILED",
      processed: "no",
      cause,
    });
  };
}

function isRefusal(cause: unknown): boolean {
  if (cause instanceof EtcdAuthenticationFailedError || cause instanceof EtcdPermissionDeniedError) return true;
  return (
    cause instanceof Error && /etcdserver: (?:user name is empty|authentication is not enabled)/.test(cause.message)
  );
}
