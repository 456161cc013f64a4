import { createHash, timingSafeEqual } from "node:crypto";
import type { Authenticator } from "../contract/authenticator.js";
import { RpcError } from "../contract/errors.js";
import type { Identity } from "../contract/identity.js";

/** What is accepted: tokens, or the tokens of each name. */
export type AcceptedTokens = readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** Returns an authenticator that accepts one token. Its peers are called "token". */
export function token(accepted: string): Authenticator {
  return tokens([accepted]);
}

/**
 * Returns an authenticator that accepts these tokens: a list, whose peers are all called "token", or tokens by the name
 * that `peer.identity.name` then has. Several for one name let the old one and the new one be used while they change.
 * Takes as long for a wrong token as for a right one: hashes of one length are compared, and all of them.
 * Throws `invalid_argument` / `BAD_OPTION` where there is none, or one is empty.
 */
export function tokens(accepted: AcceptedTokens): Authenticator {
  const known = entriesOf(accepted);
  if (known.length === 0) throw badTokens("no token is given, so nobody could ever connect");
  return (credentials) => {
    const hash = sha256(credentials.bytes);
    let found: Identity | undefined;
    for (const entry of known) if (timingSafeEqual(entry.hash, hash)) found = entry.identity;
    return found;
  };
}

function entriesOf(accepted: AcceptedTokens): readonly { readonly hash: Buffer; readonly identity: Identity }[] {
  // The letters of a string must not become tokens, each for itself.
  if (typeof accepted !== "object" || accepted === null)
    throw badTokens("give a list of tokens, or tokens by name; for a single one there is token()");
  const byName: readonly (readonly [string, unknown])[] = Array.isArray(accepted)
    ? [["token", accepted]]
    : Object.entries(accepted);
  return byName.flatMap(([name, given]) => {
    const identity: Identity = Object.freeze({ name });
    return (Array.isArray(given) ? given : [given]).map((each: unknown) => {
      if (typeof each !== "string" || each === "") throw badTokens(`one of "${name}" is not a string, or empty`);
      return { hash: sha256(each), identity };
    });
  });
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash("sha256").update(value).digest();
}

function badTokens(why: string): RpcError {
  return new RpcError("invalid_argument", `tokens: ${why}`, { reason: "BAD_OPTION", processed: "no" });
}
