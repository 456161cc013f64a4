import type { Endpoint } from "@rpc/core";
import { CliError, ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import { didYouMean } from "../did-you-mean.js";
import type { Io } from "../io.js";
import { printableJson } from "../printable.js";
import { table } from "../table.js";
import { openTarget, type Target } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { listInstance } from "./list-instance.js";

/** A service with its instances, as `--json` prints it. */
interface ListedService {
  readonly name: string;
  readonly instances: readonly ListedInstance[];
}

interface ListedInstance {
  readonly id: string;
  readonly address: string;
  /** What it was registered with; null where it did not say. */
  readonly version: string | null;
  /** "inactive": listed, but not to be called. */
  readonly state: "active" | "inactive";
  readonly weight: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Prints the services that have instances, and these: what the registry says, or one instance of itself. */
export async function list(args: Args<TargetOptions>, io: Io): Promise<number> {
  const target = await openTarget(args.options, io);
  try {
    if (target.registry === undefined) return await listInstance(target, args, io);
    const services = await servicesOf(target, args.operands[0]);
    if (args.json) io.stdout.write(`${printableJson({ registry: target.name, services })}\n`);
    else if (services.length === 0)
      io.stderr.write(`nothing is registered at ${target.name}; another cluster is looked at by --cluster\n`);
    else io.stdout.write(await table(heads, services.flatMap(rowsOf), args));
    return ExitCode.ok;
  } finally {
    await target.close();
  }
}

async function servicesOf(target: Target, wanted: string | undefined): Promise<readonly ListedService[]> {
  const all = await target.services();
  if (wanted !== undefined && !all.includes(wanted))
    throw new CliError(`nobody serves ${wanted} at ${target.name}${didYouMean(wanted, all)}`, ExitCode.no);
  const names = wanted === undefined ? all : [wanted];
  return Promise.all(
    names.map(async (name) => ({ name, instances: (await target.instances(name)).map(instanceOf).sort(byAddress) })),
  );
}

function instanceOf({ id, address, tags, weight, inactive }: Endpoint): ListedInstance {
  return { id, address, version: tags["version"] ?? null, state: inactive ? "inactive" : "active", weight, tags };
}

function byAddress(a: ListedInstance, b: ListedInstance): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : 0;
}

const heads = ["Service", "Instance", "Address", "Version", "State", "Weight", "Tags"];

function rowsOf({ name, instances }: ListedService): string[][] {
  return instances.map(({ id, address, version, state, weight, tags }, index) => {
    const others = Object.entries(tags).filter(([tag]) => tag !== "version");
    const shown = others.map(([tag, value]) => `${tag}=${value}`).join(" ");
    return [index === 0 ? name : "", id, address, version ?? "-", state, String(weight), shown];
  });
}
