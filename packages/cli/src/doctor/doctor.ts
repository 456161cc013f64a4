import { createColors } from "picocolors";
import { ExitCode } from "../cli-error.js";
import type { Args } from "../command.js";
import type { Io } from "../io.js";
import type { TargetOptions } from "../target/target-options.js";
import { lookAtBuild } from "./build.js";
import type { Finding } from "./finding.js";
import { lookAtClock, lookAtDescriptors, lookAtNode, lookAtPort } from "./machine.js";
import { lookAtPackages } from "./packages.js";
import { lookAtTarget } from "./target.js";

/** Options of `rpc doctor`. */
export interface DoctorArgs extends TargetOptions {
  readonly port?: number;
}

/** Looks at everything that is often wrong, and says of each what was found and what to do. */
export async function doctor({ options, json, color }: Args<DoctorArgs>, io: Io): Promise<number> {
  const findings = (
    await Promise.all([
      lookAtNode(),
      lookAtBuild(io.cwd),
      lookAtPackages(io.cwd),
      lookAtTarget(options, io),
      lookAtClock(),
      lookAtPort(options.port),
      lookAtDescriptors(),
    ])
  ).flat();
  io.signal.throwIfAborted();
  io.stdout.write(json ? `${JSON.stringify({ findings })}\n` : textOf(findings, color));
  return findings.some(({ state }) => state === "wrong") ? ExitCode.no : ExitCode.ok;
}

function textOf(findings: readonly Finding[], color: boolean): string {
  const { green, yellow, red } = createColors(color);
  const marks = { ok: green("ok     "), warning: yellow("warning"), wrong: red("wrong  ") };
  const longest = Math.max(...findings.map(({ subject }) => subject.length));
  return findings
    .map(({ subject, state, found, fix }) => {
      const line = `${marks[state]}  ${subject.padEnd(longest)}  ${found}\n`;
      return fix === undefined ? line : `${line}${" ".repeat(longest + 11)}→ ${fix}\n`;
    })
    .join("");
}
