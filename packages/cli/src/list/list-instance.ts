import { ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import { failure } from "../failure.js";
import type { Io } from "../io.js";
import { printable, printableJson } from "../printable.js";
import { table } from "../table.js";
import type { Target } from "../target/open-target.js";

/** Prints what one instance says that it serves, and who it is. */
export async function listInstance(target: Target, args: Args, io: Io): Promise<number> {
  const [endpoint] = await target.instances("");
  const told = target.ask(endpoint!);
  const [services, instance] = await Promise.all([told.services(), told.instance()]).catch((error: unknown) => {
    throw failure(`asking ${target.name} what it serves`, error);
  });
  if (args.json) {
    io.stdout.write(`${printableJson({ address: target.name, instance, services })}\n`);
    return ExitCode.ok;
  }
  const { id, cluster, versions, uptimeMs, state } = instance;
  const of = cluster === "" ? "" : ` of cluster ${cluster}`;
  io.stdout.write(
    `${printable(id + of)}: ${state} for ${Math.round(uptimeMs / 1_000)} s, @rpc/core ${versions.rpc}, Node ${versions.node}\n\n`,
  );
  const rows = services.map(({ name, aliasOf, methods }) => [
    name,
    methods.map((method) => method.name).join(" "),
    aliasOf === undefined ? "" : `another name of ${aliasOf}`,
  ]);
  io.stdout.write(await table(["Service", "Methods", ""], rows, args));
  return ExitCode.ok;
}
