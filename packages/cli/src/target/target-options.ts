import type { Command } from "commander";
import { CliError } from "../cli-error.js";

/** Where services are, and how they are reached: options of every command that talks to running services. */
export interface TargetOptions {
  readonly registry?: string;
  readonly address?: string;
  readonly cluster?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

/** Gives a command those options. */
export function declareTarget(command: Command): Command {
  return command
    .option("--registry <url>", "where instances are listed; else $RPC_REGISTRY, else file:, the embedded registry")
    .option("--address <url>", "one instance, such as tcp://127.0.0.1:7000, in place of a registry")
    .option("--cluster <name>", "the cluster of the instances, as their option `cluster` says it; else $RPC_CLUSTER")
    .option("--token-file <file>", "the token to show to instances; else $RPC_TOKEN")
    .option("--ca <file>", "PEM: the authorities that instances' certificates must come from (tls://)")
    .option("--cert <file>", "PEM: the certificate to show to instances that ask for one, with --key")
    .option("--key <file>", "PEM: its private key")
    .option("--insecure", "show the token to other hosts unencrypted");
}

/** Reads a whole number of `least` or more, and of `most` or less, for commander. Throws a `CliError` that names the option. */
export function wholeNumber(option: string, least: number, most = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const wanted = most === Number.POSITIVE_INFINITY ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new CliError(`${option} must be a whole number ${wanted}, not ${JSON.stringify(text)}`);
  };
}
