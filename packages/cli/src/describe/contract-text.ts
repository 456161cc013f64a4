import type { MethodContract, Schema, ServiceContract } from "@rpc/schema";
import { createColors } from "picocolors";
import { declarationText, refsIn, typeText } from "./type-text.js";

/** Returns a service, or one method of it, as TypeScript: signatures with their documentation, then the types that they reach. */
export function contractText(
  name: string,
  contract: ServiceContract,
  only: string | undefined,
  color: boolean,
): string {
  const { bold, dim } = createColors(color);
  const comment = (text: string | undefined, indent: string): string =>
    text === undefined
      ? ""
      : `${dim(
          text
            .split("\n")
            .map((line) => `${indent}// ${line}`)
            .join("\n"),
        )}\n`;
  const methods = Object.entries(contract.methods).filter(
    ([own, { alias }]) => only === undefined || own === only || alias?.includes(only),
  );
  const listed = methods.map(([, method]) => {
    const options = optionsOf(method);
    return `${comment(method.description, "  ")}  ${bold(method.signature)};${options === "" ? "" : dim(` // ${options}`)}\n`;
  });
  const types = reached(
    methods.flatMap(([, { parameters, result }]) => [...parameters.map(({ schema }) => schema), result]),
    contract,
  );
  const declared = types.map(
    (type) => `\n${comment(contract.types[type]!.description, "")}${declarationText(type, contract.types[type]!)}\n`,
  );
  const errors = (only === undefined ? (contract.errors ?? []) : []).map(
    ({ name: own, reason, code, description, details }) =>
      `\n${comment(description, "")}class ${own} extends RpcError { reason: "${reason}"; code: "${code}"${details === undefined ? "" : `; details: ${typeText(details)}`} }\n`,
  );
  return `${comment(contract.description, "")}service ${bold(name)} {\n${listed.join("")}}\n${declared.join("")}${errors.join("")}`;
}

function optionsOf({ idempotent, timeoutMs, alias, failMode }: MethodContract): string {
  return [
    idempotent ? "idempotent" : "",
    timeoutMs === undefined ? "" : `at most ${timeoutMs} ms`,
    alias === undefined ? "" : `also ${alias.join(", ")}`,
    failMode ?? "",
  ]
    .filter((text) => text !== "")
    .join("; ");
}

/** The names of the types that schemas refer to, directly or not, in the contract's order. */
function reached(schemas: readonly Schema[], { types }: ServiceContract): readonly string[] {
  const seen = new Set<string>();
  const look = (schema: Schema): void => {
    for (const name of refsIn(schema)) {
      if (seen.has(name) || !Object.hasOwn(types, name)) continue;
      seen.add(name);
      look(types[name]!);
    }
  };
  for (const schema of schemas) look(schema);
  return Object.keys(types).filter((name) => seen.has(name));
}
