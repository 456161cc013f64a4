import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import type { MethodOptions } from "@rpc/core";
import { type Class, nameOf } from "../notes/class-ref.js";
import { emittedParameters, emittedResult } from "../notes/emitted-types.js";
import type { MethodNote } from "../notes/method.js";
import { startUpError } from "../start-up-error.js";

type Form = "iterable" | "readable" | "web";
type Streams = Pick<MethodOptions, "stream" | "streamAs">;

/**
 * Returns what of a method streams: what its note says, or what its code and the emitted types show. Throws
 * `invalid_argument` / `BAD_OPTION` where these cannot all be true.
 */
export function streamsOf(service: Class, method: string, { options, prototype }: MethodNote): Streams {
  const where = `${nameOf(service)}.${method}`;
  const generates = tagOf(service.prototype[method]) === "[object AsyncGeneratorFunction]";
  const stream = options.stream ?? (generates ? "server" : undefined);
  const types = emittedParameters(prototype, method) ?? [];
  const forms = types.map(formOf);
  const taken = forms.findIndex((form) => form !== "iterable");
  if (generates && stream === "client")
    throw contradiction(where, "is an async generator, which streams its result", "duplex");
  if (taken >= 0 && stream !== "client" && stream !== "duplex") {
    const takes = `takes a ${nameOf(types[taken] as Class)} as argument ${taken}`;
    throw contradiction(where, takes, stream === undefined ? "client" : "duplex");
  }
  if (formOf(emittedResult(prototype, method)) !== "iterable" && stream !== "server" && stream !== "duplex")
    throw contradiction(where, "returns a stream of bytes", stream === undefined ? "server" : "duplex");
  const streamAs = options.streamAs ?? (taken < 0 ? undefined : forms);
  return { ...(stream === undefined ? {} : { stream }), ...(streamAs === undefined ? {} : { streamAs }) };
}

/** Returns what kind of function something is: its tag, which the engine keeps and a build tool may take away. */
export function tagOf(code: unknown): string {
  return typeof code === "function" ? Object.prototype.toString.call(code) : "";
}

function formOf(type: unknown): Form {
  if (typeof type !== "function") return "iterable";
  if (type === Readable || type.prototype instanceof Readable) return "readable";
  return type === ReadableStream ? "web" : "iterable";
}

function contradiction(where: string, what: string, wanted: "server" | "client" | "duplex"): Error {
  return startUpError("BAD_OPTION", `${where} ${what}: say so, @Method({ stream: "${wanted}" })`);
}
