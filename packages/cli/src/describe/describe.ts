import type { ServiceContract } from "@rpc/schema";
import { type AskedService, askService } from "../ask/ask-service.js";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import { didYouMean } from "../did-you-mean.js";
import type { Io } from "../io.js";
import { printableIn, printableJson } from "../printable.js";
import { openTarget, type Target } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { contractText } from "./contract-text.js";
import { namesText } from "./names-text.js";

/** Options of `rpc describe`. */
export interface DescribeArgs extends TargetOptions {
  readonly instance?: string;
}

/** Prints the methods of a service, or one of them: as TypeScript where its server has a contract, else names and kinds. */
export async function describe(args: Args<DescribeArgs>, io: Io): Promise<number> {
  const target = await openTarget(args.options, io);
  try {
    const { service, method } = await found(target, args);
    if (service.methods === undefined)
      throw new CliError(
        `${service.asked.address} does not tell what ${service.name} is: ${service.silence}`,
        ExitCode.no,
      );
    io.stdout.write(args.json ? `${printableJson(asJson(service, method))}\n` : textOf(service, method, args));
    return ExitCode.ok;
  } finally {
    await target.close();
  }
}

interface Found {
  readonly service: AskedService;
  /** The one method to describe; undefined: all of them. */
  readonly method: string | undefined;
}

/** `shop.Orders` is a service, `shop.Orders.place` a method of it: which one, only those who serve them can say. */
async function found(target: Target, { operands: [text = ""], options }: Args<DescribeArgs>): Promise<Found> {
  const [, outer, method] = /^\/?(.+)[./]([^./]+)$/.exec(text) ?? [];
  const services = await target.services();
  if (outer === undefined || method === undefined || services.includes(text) || !services.includes(outer))
    return { service: await askService(target, text, options.instance), method: undefined };
  const service = await askService(target, outer, options.instance);
  const names: readonly string[] = service.methods?.map(({ name }) => name) ?? [];
  if (service.methods !== undefined && !names.includes(method))
    throw new CliError(`${outer} has no method ${method}${didYouMean(method, names)}`, ExitCode.no);
  return { service, method };
}

function asJson({ name, methods = [], contract, asked }: AskedService, method: string | undefined): object {
  const shown = method === undefined ? methods : methods.filter((each) => each.name === method);
  return { service: name, instance: asked.id, methods: shown, contract: contract ?? null };
}

function textOf(service: AskedService, method: string | undefined, { color }: Args): string {
  const { name, contract, methods = [] } = service;
  return contract === undefined
    ? namesText(name, method === undefined ? methods : methods.filter((each) => each.name === method))
    : contractText(name, printableIn(contract) as ServiceContract, method, color);
}
