import type { ReflectedService } from "@rpc/core";
import { CliError, ExitCode } from "../cli-error.js";
import { didYouMean } from "../did-you-mean.js";

/** A method, as the command line names it. */
export interface NamedMethod {
  readonly service: string;
  readonly method: string;
}

/** Reads `Orders.place`; a service's name may have dots of its own. Throws a `CliError` for anything else. */
export function namedMethod(text: string): NamedMethod {
  const at = text.lastIndexOf(".");
  if (at <= 0 || at === text.length - 1)
    throw new CliError(`${JSON.stringify(text)} names no method: write Service.method, such as Orders.place`);
  return { service: text.slice(0, at), method: text.slice(at + 1) };
}

/** Reads each argument of the method from its JSON. Throws a `CliError` that says which one is none. */
export function argumentsFrom(texts: readonly string[]): readonly unknown[] {
  return texts.map((text, index) => {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      const hint = /^[\w -]+$/.test(text) ? `; a text is written '${JSON.stringify(text)}'` : "";
      throw new CliError(`argument ${index + 1} is no JSON: ${(cause as Error).message}${hint}`, ExitCode.usage, {
        cause,
      });
    }
  });
}

/** Throws a `CliError` where a server says that it has no such method, or one whose calls are streams. */
export function checkOffered({ service, method }: NamedMethod, offered: readonly ReflectedService[]): void {
  const found = offered.find(({ name }) => name === service);
  if (found === undefined) {
    const names = offered.map(({ name }) => name);
    throw new CliError(`it does not serve ${service}${didYouMean(service, names)}`, ExitCode.no);
  }
  const known = found.methods.find(({ name }) => name === method);
  if (known === undefined) {
    const names = found.methods.map(({ name }) => name);
    throw new CliError(`${service} has no method ${method}${didYouMean(method, names)}`, ExitCode.no);
  }
  if (known.kind !== "unary")
    throw new CliError(`${service}.${method} is a stream (${known.kind}): rpc bench measures calls with one answer`);
}
