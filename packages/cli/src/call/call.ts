import type { CallOptions, Explanation, MethodKind, ReflectedMethod } from "@rpc/core";
import { type AskedService, askService, methodContract, methodOf } from "../ask/ask-service.js";
import { methodPath } from "../ask/method-path.js";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import { failure } from "../failure.js";
import type { Io } from "../io.js";
import { pretty } from "../json/pretty.js";
import { tagged } from "../json/tags.js";
import { printableJson } from "../printable.js";
import { openTarget, type Target } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { explained } from "./explained.js";
import { createInput } from "./input.js";
import { writeText } from "./write-text.js";

/** Options of `rpc call`. */
export interface CallArgs extends TargetOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly instance?: string;
  readonly explain?: boolean;
  readonly stream?: Exclude<MethodKind, "unary">;
}

/** Calls a method, with arguments read from JSON, and prints its answer as JSON, or each item of it as a line. */
export async function call(args: Args<CallArgs>, io: Io): Promise<number> {
  const [path = "", ...texts] = args.operands;
  const { service: name, method: methodName } = methodPath(path);
  const input = createInput(texts, io);
  await input.readAll(); // what is no JSON is told before anything is dialled
  const target = await openTarget(args.options, io);
  try {
    const service = await askService(target, name, args.options.instance);
    const method = methodOf(service, methodName, args.options.stream);
    const values = input.valuesFor(
      path,
      method.kind,
      methodContract(service, methodName),
      service.contract?.types ?? {},
    );
    let explanation: Explanation | undefined;
    try {
      await printAnswer(
        await made(target, service, method, args, io, (told) => (explanation = told)),
        values,
        args,
        io,
      );
    } catch (error) {
      throw input.fault ?? failure(path, error);
    } finally {
      if (explanation !== undefined)
        io.stderr.write(args.json ? `${printableJson({ explanation })}\n` : explained(explanation));
    }
    return ExitCode.ok;
  } finally {
    input.close();
    await target.close();
  }
}

type Callable = (...values: unknown[]) => Promise<unknown> | AsyncIterable<unknown>;

/** Returns the method of a client. */
async function made(
  target: Target,
  { name, instances, asked }: AskedService,
  { name: method, kind }: ReflectedMethod,
  { options }: Args<CallArgs>,
  io: Io,
  explain: (explanation: Explanation) => void,
): Promise<Callable> {
  const { defineService, withOptions } = await import("@rpc/core");
  const descriptor = described(() =>
    defineService<Record<string, Callable>>(name, { [method]: kind === "unary" ? {} : { stream: kind } } as never),
  );
  const { metadata, timeoutMs, instance } = options;
  // Where there is one instance only, the call fails at once where it is gone, in place of waiting for others.
  const only = instance ?? (instances.length === 1 ? asked.id : undefined);
  const callOptions: CallOptions = {
    signal: io.signal,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(metadata !== undefined && { metadata }),
    ...(only !== undefined && { route: { only } }),
    ...(options.explain && { explain }),
  };
  const client = withOptions(target.connect(instances).client(descriptor) as object, callOptions);
  return ((...values) => (client as Record<string, Callable>)[method]!(...values)) satisfies Callable;
}

/** A name that nobody can have is the user's mistake. */
function described<T>(define: () => T): T {
  try {
    return define();
  } catch (cause) {
    throw new CliError((cause as Error).message, ExitCode.usage, { cause });
  }
}

async function printAnswer(callable: Callable, values: readonly unknown[], { json }: Args, io: Io): Promise<void> {
  const answer = callable(...values);
  if (Symbol.asyncIterator in answer) {
    for await (const item of answer) await writeText(`${printableJson(tagged(item))}\n`, io);
    return;
  }
  const result = await answer;
  if (json) await writeText(`${printableJson(result === undefined ? null : tagged(result))}\n`, io);
  else if (result !== undefined) await writeText(`${pretty(tagged(result))}\n`, io);
}
