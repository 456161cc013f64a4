import type { Io } from "../io.js";
import { openTarget } from "../target/open-target.js";
import type { TargetOptions } from "../target/target-options.js";
import { type Finding, ok, wrong } from "./finding.js";

/** Whether the registry, or the instance, can be reached. */
export async function lookAtTarget(options: TargetOptions, io: Io): Promise<Finding> {
  const subject = options.address === undefined ? "registry" : "instance";
  try {
    const target = await openTarget(options, io);
    try {
      const services = await target.services();
      const what = services.length === 0 ? "nobody is registered" : `it has ${services.join(", ")}`;
      return ok(subject, `${target.name} answers: ${what}`);
    } finally {
      await target.close();
    }
  } catch (error) {
    return wrong(
      subject,
      error instanceof Error ? error.message : String(error),
      "see whether it is up, and what --registry or $RPC_REGISTRY says",
    );
  }
}
