import { type WeaponName, weapons } from "./attack/frames.js";
import type { AttackQuestions } from "./attack/questions.js";
import { defineTrial, type Found, type Lab, type Trial, type TrialFigure } from "./trial.js";

const framesPerSecond = 50_000;
const MiB = 1_024 * 1_024;

type Name = "goodput" | "memory" | "frames" | "connections";

const figures = (weapon: WeaponName): Readonly<Record<Name, TrialFigure>> => ({
  goodput: {
    what: `goodput of others beside ${weapon} / beside a process that burns as much CPU`,
    unit: "x",
    goal: { kind: "atLeast", must: 0.8, aim: 0.9 },
  },
  memory: {
    what: `memory (RSS) of the server above that beside the burner, at its peak, ${weapon}`,
    unit: "MiB",
    goal: { kind: "atMost", must: 128, aim: 32 },
  },
  frames: { what: "frames a second that the attacker could send", unit: "count" },
  connections: { what: "connections it needed for that in a second", unit: "count" },
});

/** What an attacker with one kind of frame does to honest clients of the same server. One trial for each kind. */
export const attacks: readonly Trial[] = (Object.keys(weapons) as WeaponName[]).map((weapon) =>
  defineTrial<Name>({
    id: `attack-${weapon}`,
    title: `an attacker that sends ${framesPerSecond.toLocaleString("en")} frames a second (${weapon}), beside honest clients`,
    figures: figures(weapon),
    measure: (lab) => measure(weapon, lab),
  }),
);

/** Alternates: a slice beside the attacker, then one beside a process that uses as much CPU as the attacker did. */
async function measure(weapon: WeaponName, { openProgram, quick, onProgress }: Lab): Promise<Found<Name>> {
  const peer = new URL("./attack/peer.js", import.meta.url);
  const server = openProgram<AttackQuestions>({ file: peer, name: "attacked server" });
  const honest = openProgram<AttackQuestions>({ file: peer, name: "honest client" });
  const attacker = openProgram<AttackQuestions>({
    file: new URL("./attack/attacker.js", import.meta.url),
    name: "attacker",
  });
  const address = await server.ask("open", { address: "" });
  await Promise.all([honest, attacker].map((program) => program.ask("open", { address })));
  const forMs = quick ? 800 : 1_500;
  const besideAttack = async () => {
    const [goodput, attacked] = await Promise.all([
      honest.ask("goodput", { forMs }),
      attacker.ask("attack", { weapon, framesPerSecond, forMs }),
    ]);
    return { goodput, attacked, peakRss: await server.ask("peakRss", {}) };
  };
  const besideBurner = async (share: number) => {
    const [goodput] = await Promise.all([
      honest.ask("goodput", { forMs }),
      attacker.ask("burn", { share: Math.min(1, share), forMs }),
    ]);
    return { goodput, peakRss: await server.ask("peakRss", {}) };
  };
  await honest.ask("goodput", { forMs });
  await besideAttack();
  await besideBurner(0.5);
  const found = {
    goodput: [] as number[],
    memory: [] as number[],
    frames: [] as number[],
    connections: [] as number[],
  };
  const rounds = quick ? 2 : 5;
  // What a server holds after it is warm; an attack may only add to that for as long as it lasts.
  const { peakRss: usualRss } = await besideBurner(0.5);
  for (let round = 0; round < rounds; round++) {
    onProgress(`attack by ${weapon}: round ${round + 1} of ${rounds}`);
    const attack = await besideAttack();
    const burner = await besideBurner(attack.attacked.cpuShare);
    found.goodput.push(attack.goodput / burner.goodput);
    found.memory.push((attack.peakRss - usualRss) / MiB);
    found.frames.push(attack.attacked.frames / (forMs / 1_000));
    found.connections.push(attack.attacked.connections / (forMs / 1_000));
  }
  return found;
}
