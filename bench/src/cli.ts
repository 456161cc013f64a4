import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { openGuard } from "./processes/guard.js";
import { openChild } from "./processes/open-child.js";
import { median } from "./statistics/median.js";

/*
 * `node bench/dist/cli.js [--rounds N]`: what `rpc bench` carries of the calls that the client of `npm run bench` carries,
 * one after the other against the same server process, in turns, 64 in flight on one connection.
 */

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });
const inFlight = 64;
const second = 1_000;
const binary = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));
const message = JSON.stringify({ a: 2, b: 3, name: "customer-7" });

const guard = openGuard();
try {
  const server = openChild({ side: "server", subject: "core" });
  guard.onChild(server);
  const client = openChild({ side: "client", subject: "core" });
  guard.onChild(client);
  const address = await server.ask("open", { address: "" });
  await client.ask("open", { address });

  const ofCore = async (): Promise<number> => {
    const how = { workload: "echo", inFlight, leadInMs: second, forMs: second, withLatency: false } as const;
    return (await client.ask("drive", how)).callsPerSecond;
  };
  const ofCli = async (): Promise<number> => {
    const how = [
      "--address",
      address,
      "--in-flight",
      `${inFlight}`,
      "--seconds",
      "1",
      "--warm-up-seconds",
      "1",
      "--json",
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [binary, "bench", "Echo.echo", message, ...how]);
    return (JSON.parse(stdout) as { okPerSecond: number }).okPerSecond;
  };

  await ofCore();
  const ratios: number[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    // Whoever comes second finds the server warmer: they take turns at that, too.
    const turns = round % 2 === 0 ? [ofCli, ofCore] : [ofCore, ofCli];
    const rates = new Map<() => Promise<number>, number>();
    for (const turn of turns) rates.set(turn, await turn());
    const [cli, core] = [rates.get(ofCli)!, rates.get(ofCore)!];
    ratios.push(cli / core);
    process.stdout.write(
      `round ${round}: core bench ${Math.round(core)}, rpc bench ${Math.round(cli)}: ${(cli / core).toFixed(2)} x\n`,
    );
  }
  process.stdout.write(`rpc bench carries ${median(ratios).toFixed(2)} x of the calls of the core bench (median)\n`);
} finally {
  await guard.close();
}
