import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ConnectSettings } from "@rpc/core";
import { CliError, ExitCode } from "../cli-error.js";
import type { Io } from "../io.js";
import { readPem } from "./registry-options.js";
import type { TargetOptions } from "./target-options.js";

/** Returns how instances are connected to: with what token, certificates and cluster. Rejects with a `CliError` where a file cannot be read. */
export async function connectSettings(options: TargetOptions, io: Io): Promise<ConnectSettings> {
  const { tls } = await import("@rpc/core");
  const credentials = await tokenOf(options, io);
  const { ca, cert, key, cluster, insecure } = options;
  if ((cert === undefined) !== (key === undefined)) throw new CliError("--cert and --key are given together");
  const transport =
    ca === undefined && cert === undefined
      ? undefined
      : tls({
          ...(ca !== undefined && { ca: await readPem("--ca", ca, io) }),
          ...(cert !== undefined && { certificate: await readPem("--cert", cert, io) }),
          ...(key !== undefined && { key: await readPem("--key", key, io) }),
        });
  return {
    ...(credentials !== undefined && { credentials }),
    ...(transport !== undefined && { transports: { tls: transport } }),
    ...(cluster !== undefined && { cluster }),
    ...(insecure === true && { insecure }),
    connectMs: 4_000,
  };
}

/** The token of the file, or of the environment; never one of the command line, which others can read. */
async function tokenOf({ tokenFile }: TargetOptions, io: Io): Promise<string | undefined> {
  const text = tokenFile === undefined ? io.env["RPC_TOKEN"] : await readToken(tokenFile, io);
  const token = text?.trim();
  if (token === "") throw new CliError(`${tokenFile === undefined ? "$RPC_TOKEN" : tokenFile} is empty`);
  return token;
}

async function readToken(file: string, io: Io): Promise<string> {
  try {
    return await readFile(resolve(io.cwd, file), "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliError(`--token-file: ${file} cannot be read: ${code}`, ExitCode.usage, { cause });
  }
}
