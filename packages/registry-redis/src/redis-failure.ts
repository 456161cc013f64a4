import { type CodeName, RpcError } from "@rpc/core";

/** What the first word of Redis's answer means to whoever asked, and what to do. */
const meanings: Readonly<Record<string, readonly [CodeName, string]>> = {
  NOAUTH: ["unauthenticated", "give redisRegistry a password"],
  WRONGPASS: ["unauthenticated", "compare username and password with Redis's ACL"],
  NOPERM: [
    "permission_denied",
    "let the user run EVAL, EVALSHA, SUBSCRIBE, and reach the keys and the channel of the prefix",
  ],
  OOM: ["resource_exhausted", "Redis has no memory left: see its maxmemory"],
  READONLY: ["failed_precondition", "this is a replica: name the primary"],
  WRONGTYPE: ["failed_precondition", "a key under the prefix belongs to something else: choose another prefix"],
};

/** Returns the error for something that Redis did not do. */
export function redisFailure(doing: string, name: string, cause: unknown): RpcError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const word = Object.keys(meanings).find((each) => why.includes(each)) ?? "";
  const [code, advice] = meanings[word] ?? (["unavailable", "see whether it is up and can be reached"] as const);
  return new RpcError(code, `cannot ${doing} in ${name}: ${why}; ${advice}`, {
    reason: "REGISTRY_FAILED",
    processed: "no",
    cause,
  });
}
