import { defineService, type FailMode, type MethodKind, type MethodOptions, RpcError } from "@rpc/core";
import type { ts } from "ts-morph";
import type { KnownOptions } from "../model.js";
import { constantOf, entriesOf } from "./constants.js";
import { keyOf } from "./key.js";
import type { Place, Reading, World } from "./reading.js";

/** What core would refuse when the file written is loaded is refused now, in the same words. */
export function askCore(
  { refuse }: World,
  place: Place,
  service: string,
  methods: Readonly<Record<string, MethodOptions>>,
): void {
  try {
    defineService<Record<string, () => unknown>>(service, methods);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    refuse(place, error.message.replace(/^Service(?:\.[\w$]+)?: /, ""), "change it");
  }
}

type ReadOptions = KnownOptions & { readonly stream?: MethodKind };

/** Returns what of a `@Method`'s options its callers need, and what streams. */
export function optionsOf(reading: Reading, argument: ts.Expression | undefined, place: Place): ReadOptions {
  if (argument === undefined) return {};
  const entries = entriesOf(reading.checker, argument);
  if (entries === undefined) {
    reading.refuse(
      { ...place, node: argument },
      "its options are not written out",
      "write @Method({ … }) with constants",
    );
    return {};
  }
  const constant = (name: string): unknown => {
    const expression = entries.get(name);
    if (expression === undefined) return undefined;
    const known = constantOf(reading.checker, expression);
    if (known !== undefined) return known.value;
    const here = { ...place, node: expression };
    reading.refuse(here, `its option ${name} is known only when the program runs`, "write a constant");
    return undefined;
  };
  const [idempotent, timeoutMs, failMode, alias, stream] = [
    constant("idempotent") as boolean | undefined,
    constant("timeoutMs") as number | undefined,
    constant("failMode") as FailMode | undefined,
    constant("alias") as string | readonly string[] | undefined,
    constant("stream") as MethodKind | undefined,
  ];
  const expression = entries.get("key");
  const key = expression && keyOf(expression);
  if (expression !== undefined && key === undefined) {
    reading.warn(
      { ...place, node: expression },
      "its key is left out, since it is more than fields of the arguments: callers give it by withOptions(client, { route: { key } })",
    );
  }
  return {
    ...(key === undefined ? {} : { key }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(failMode === undefined ? {} : { failMode }),
    ...(alias === undefined ? {} : { alias: typeof alias === "string" ? [alias] : alias }),
    ...(stream === undefined ? {} : { stream }),
  };
}
