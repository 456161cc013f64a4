import { readFileSync } from "node:fs";
import { checkOptions, RpcError } from "@rpc/core";

/** PEM text, or the file that holds it, which is read once. */
export type Pem = string | Uint8Array | { readonly file: string };

export interface EtcdTls {
  /** Authorities that etcd's certificate may come from. */
  readonly ca: Pem;
  /** The certificate to show to an etcd that asks for one, with its `key`. Defaults to none. */
  readonly cert?: Pem;
  readonly key?: Pem;
}

/** Throws `invalid_argument` / `BAD_OPTION` unless the options can be and the hosts are `https:`. */
export function checkTls(tls: EtcdTls | undefined, hosts: readonly string[]): void {
  if (tls === undefined) return;
  checkOptions("etcdRegistry: tls", tls, { ca: "any", cert: "any", key: "any" });
  if (tls.ca === undefined) throw badTls("wants ca, the authorities that etcd's certificate may come from");
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw badTls("wants cert and key together");
  if (hosts.some((host) => !host.startsWith("https:"))) throw badTls("wants hosts that begin with https:");
}

/** Returns what the client wants. Throws `invalid_argument` / `BAD_OPTION` where a file cannot be read. */
export function pemOf({ ca, cert, key }: EtcdTls) {
  const rootCertificate = textOf("ca", ca);
  if (cert === undefined || key === undefined) return { rootCertificate };
  return { rootCertificate, certChain: textOf("cert", cert), privateKey: textOf("key", key) };
}

function textOf(option: string, pem: Pem): Buffer {
  if (typeof pem === "object" && "file" in pem) {
    try {
      return readFileSync(pem.file);
    } catch (cause) {
      throw badTls(`${option} (${pem.file}) cannot be read: ${(cause as NodeJS.ErrnoException).code}`);
    }
  }
  const text = Buffer.from(pem as string);
  if (text.includes("-----BEGIN ")) return text;
  throw badTls(`${option} is not PEM text; for a file write { file: path }`);
}

function badTls(why: string): RpcError {
  return new RpcError("invalid_argument", `etcdRegistry: tls ${why}`, { reason: "BAD_OPTION", processed: "no" });
}
