import { type Options, readOptions, usage } from "./options.js";
import { openGuard } from "./processes/guard.js";
import { printResults } from "./report/print.js";
import { run } from "./run.js";

/*
 * `npm run bench`: measures, prints, and ends with exit code 0 whatever the verdicts: it informs, and gates nothing.
 * 1: it could not run. 2: wrong options. 130: ended by Ctrl-C.
 */

async function main(options: Options): Promise<void> {
  const guard = openGuard();
  try {
    const onProgress = (text: string): unknown => process.stderr.write(`${text}\n`);
    const results = await run(options, { onProgress, onChild: guard.onChild });
    (options.json ? process.stderr : process.stdout).write(printResults(results));
    if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  } catch (cause) {
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`);
    process.exitCode = 1;
  } finally {
    await guard.close();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await main(options);
} catch (cause) {
  process.stderr.write(`${(cause as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
