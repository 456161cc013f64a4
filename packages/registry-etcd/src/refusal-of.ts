import { type CodeName, RpcError } from "@rpc/core";
import { EtcdAuthenticationFailedError, EtcdPermissionDeniedError } from "etcd3";

/** Returns what throws an error of etcd's again, and says what to do where it was etcd that refused. */
export function refusalOf(name: string): (cause: unknown) => never {
  return (cause) => {
    const code = codeOf(cause);
    if (code === undefined) throw cause;
    const why = (cause as Error).message;
    throw new RpcError(code, `${name} refuses this process: ${why}; see credentials of etcdRegistry`, {
      reason: "REGISTRY_FAILED",
      processed: "no",
      cause,
    });
  };
}

/** Returns the code of a refusal; undefined for any other error. */
function codeOf(cause: unknown): CodeName | undefined {
  if (cause instanceof EtcdPermissionDeniedError) return "permission_denied";
  if (cause instanceof EtcdAuthenticationFailedError) return "unauthenticated";
  const says = cause instanceof Error ? cause.message : "";
  return /etcdserver: (?:user name is empty|authentication is not enabled)/.test(says) ? "unauthenticated" : undefined;
}
