import { RpcError } from "../contract/errors.js";

/** Returns the error for something that could not be done in a registry; an `RpcError` stays what it is. */
export function registryFailed(name: string, doing: string, cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const options = { reason: "REGISTRY_FAILED", processed: "no", cause } as const;
  return new RpcError("unavailable", `cannot ${doing} in ${name}: ${why}`, options);
}

export function noInstance(name: string, service: string, id: string): RpcError {
  const message = `instance ${JSON.stringify(id)} of service ${JSON.stringify(service)} is not registered in ${name}; list(service) has those that are`;
  return new RpcError("not_found", message, { reason: "NO_INSTANCE", processed: "no" });
}

export function leaseEnded(why: string): RpcError {
  const message = `nothing can be registered under this lease any more: it was ${why}; register anew`;
  return new RpcError("failed_precondition", message, { reason: "LEASE_ENDED", processed: "no" });
}

export function registryClosed(name: string): RpcError {
  const message = `the registry (${name}) is closed; make another one`;
  return new RpcError("failed_precondition", message, { reason: "REGISTRY_CLOSED", processed: "no" });
}

export function readOnly(name: string): RpcError {
  const message = `${name} cannot be changed from here: change the state where its list is written`;
  return new RpcError("unimplemented", message, { reason: "REGISTRY_READ_ONLY", processed: "no" });
}
