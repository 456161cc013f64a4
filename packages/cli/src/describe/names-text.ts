import type { ReflectedMethod } from "@rpc/core";
import { printable } from "../printable.js";

const kinds: Readonly<Record<ReflectedMethod["kind"], string>> = {
  unary: "one answer",
  server: "a stream of results",
  client: "takes a stream",
  duplex: "takes a stream, a stream of results",
};

/** Returns what is known of a service whose server has no contract. */
export function namesText(service: string, methods: readonly ReflectedMethod[]): string {
  const longest = Math.max(...methods.map(({ name }) => name.length));
  const lines = methods.map(
    ({ name, kind, idempotent }) =>
      `  ${printable(name).padEnd(longest)}  ${kinds[kind]}${idempotent ? ", idempotent" : ""}`,
  );
  return `${service}: its server was given no contract (rpc generate writes it, createApp({ contract }) takes it), so names alone are known\n\n${lines.join("\n")}\n`;
}
