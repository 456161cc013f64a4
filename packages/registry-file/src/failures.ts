import { type CodeName, RpcError } from "@rpc/core";

/** Returns the error's system code, e.g. `ENOENT`; empty where it has none. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/** Whether the file or its directory is not there. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

/**
 * Returns the error for something that could not be done in the registry's directory: what, where, why, and what
 * helps.
 */
export function failure(doing: string, directory: string, cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  const [code, advice] = adviceFor(systemCode(cause));
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RpcError(code, `cannot ${doing} in the registry's directory ${directory}: ${why}; ${advice}`, {
    reason: "REGISTRY_FAILED",
    processed: "no",
    cause,
  });
}

/** Returns the error for a directory that others could write to. */
export function untrusted(message: string): RpcError {
  return new RpcError("permission_denied", message, { reason: "REGISTRY_UNTRUSTED", processed: "no" });
}

export function noInstance(service: string, id: string, directory: string): RpcError {
  const message = `instance ${JSON.stringify(id)} of service ${JSON.stringify(service)} is not registered in ${directory}; list(service) has those that are`;
  return new RpcError("not_found", message, { reason: "NO_INSTANCE", processed: "no" });
}

export function leaseEnded(why: string): RpcError {
  const message = `nothing can be registered under this lease any more: it was ${why}; register anew`;
  return new RpcError("failed_precondition", message, { reason: "LEASE_ENDED", processed: "no" });
}

export function registryClosed(): RpcError {
  const message = "the registry is closed; make another with fileRegistry()";
  return new RpcError("failed_precondition", message, { reason: "REGISTRY_CLOSED", processed: "no" });
}

function adviceFor(code: string): readonly [CodeName, string] {
  const elsewhere = "or name another directory with fileRegistry({ directory })";
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return ["resource_exhausted", `make room on that disk, ${elsewhere}`];
    case "EMFILE":
    case "ENFILE":
      return ["resource_exhausted", "raise the limit of open files (ulimit -n)"];
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return ["permission_denied", `let this user read and write it, ${elsewhere}`];
    case "ENAMETOOLONG":
    case "ENOTDIR":
    case "ELOOP":
      return ["failed_precondition", "name another directory with fileRegistry({ directory })"];
    default:
      return ["unavailable", `if it stays so, look at that disk, ${elsewhere}`];
  }
}
