import { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import { RpcError } from "../contract/errors.js";
import type { Logger } from "../contract/logger.js";
import { badPem, readPem } from "./pem-source.js";
import type { TlsOptions } from "./tls-options.js";

/** Certificates and key as they are now. Never changed: new ones are another object. */
export interface Material {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly ca: string | undefined;
  readonly minVersion: "TLSv1.3";
  readonly context: SecureContext;
}

/** Reads certificates and key, and reads them again as connections come. What is new and no good is not used. */
export class MaterialSource {
  readonly #options: TlsOptions;
  #material: Material | undefined;
  #reading: Promise<Material> | undefined;
  #readAt = 0;
  /** What was wrong when it was last read; told once. */
  #problem = "";

  constructor(options: TlsOptions) {
    this.#options = options;
  }

  /** Resolves to what to use for a new connection. Rejects with `invalid_argument` where there never was anything good. */
  async current(logger: Logger): Promise<Material> {
    const material = this.#material;
    if (material === undefined) return this.read();
    if (performance.now() - this.#readAt < (this.#options.reloadMs ?? 1_000)) return material;
    try {
      const read = await this.read();
      this.#problem = "";
      return read;
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#problem) {
        logger.error("new certificates cannot be used, so the old ones stay", { error: problem });
      }
      this.#problem = problem;
      return material;
    }
  }

  /** Reads everything now. Rejects with `invalid_argument` where it is no good; the old stays in use. */
  read(): Promise<Material> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<Material> {
    this.#readAt = performance.now();
    const { passphrase } = this.#options;
    const [cert, key, ca] = await Promise.all([
      readPem("certificate", this.#options.certificate),
      readPem("key", this.#options.key),
      readPem("ca", this.#options.ca),
    ]);
    const before = this.#material;
    if (before !== undefined && before.cert === cert && before.key === key && before.ca === ca) return before;
    checkDates(cert);
    const { createSecureContext } = await import("node:tls");
    const pems = { cert, key, passphrase, ca, minVersion: "TLSv1.3" } as const;
    let context: SecureContext;
    try {
      context = createSecureContext(pems);
    } catch (cause) {
      throw new RpcError("invalid_argument", `tls: certificate, key or ca cannot be used: ${why(cause)}`, {
        reason: "BAD_OPTION",
        processed: "no",
        cause,
      });
    }
    this.#material = { ...pems, context };
    return this.#material;
  }
}

function checkDates(cert: string | undefined): void {
  if (cert === undefined) return;
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch (cause) {
    throw badPem("certificate", "cannot be read as a certificate", cause);
  }
  const now = Date.now();
  if (Date.parse(parsed.validTo) < now) throw badPem("certificate", `has expired at ${parsed.validTo}: renew it`);
  if (Date.parse(parsed.validFrom) > now) {
    throw badPem("certificate", `is not valid before ${parsed.validFrom}: is this machine's clock right?`);
  }
}

/** OpenSSL's words for it hold no part of a key. */
function why(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") return "the key is not that of the certificate";
  if (code === "ERR_OSSL_BAD_DECRYPT" || code === "ERR_MISSING_PASSPHRASE")
    return "the passphrase does not open the key";
  return `${code ?? message}`;
}
