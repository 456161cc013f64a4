import type { Writable } from "node:stream";
import { Command } from "commander";

/** Returns `rpc` without its commands: the options that all of them take. Throws commander's errors rather than ending the process. */
export function createProgram(stdout: Writable, stderr: Writable): Command {
  return new Command("rpc")
    .description("Services: generate their clients, find them, call them.")
    .usage("<command> [options]")
    .option("--json", "print JSON, for programs to read")
    .option("--verbose", "show the stacks of errors")
    .option("--no-color", "print without colours")
    .option("-V, --version", "print the version")
    .helpOption("-h, --help", "show this, or what a command takes")
    .helpCommand("help [command]", "show what a command takes")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => {}, // told with all other errors: see report.ts
    })
    .exitOverride();
}
