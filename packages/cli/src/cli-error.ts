/** What the exit code of `rpc` says; docs/cli.md lists them. */
export const ExitCode = {
  /** It was done. */
  ok: 0,
  /** The answer is no: a call failed, a contract breaks, something is out of date. */
  no: 1,
  /** Wrong usage, or input that cannot be read. */
  usage: 2,
  /** The registry, or the address, cannot be reached. */
  unreachable: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Ends a command with one message, without a stack, and this exit code. The cause is shown with `--verbose`. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.usage, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Why `io.signal` aborts: the process was told to end, by Ctrl-C (130) or by SIGTERM (143). */
export class Interrupted extends CliError {
  constructor(exitCode: number = ExitCode.interrupted) {
    super("interrupted", exitCode);
  }
}
