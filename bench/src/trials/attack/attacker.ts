import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { answerQuestions } from "../../processes/answer-questions.js";
import { greeting, loading, type Weapon, type WeaponName, weapons } from "./frames.js";
import type { Attacked, AttackQuestions } from "./questions.js";

/* A client that sends frames as fast as it is told to, and the process beside which it is measured: one that only burns. */

const everyMs = 2;
/** An attacker does not let itself be held up by its own memory. */
const mostWaitingBytes = 1_048_576;
const reconnectMs = 1;

let to = { host: "", port: 0 };

const never = (): Promise<never> => Promise.reject(new Error("This side attacks."));

answerQuestions<Pick<AttackQuestions, "open" | "attack" | "burn" | "goodput" | "peakRss" | "memory">>(
  {
    async open({ address }) {
      const { hostname, port } = new URL(address);
      to = { host: hostname, port: Number(port) };
      return "";
    },
    attack: ({ weapon, framesPerSecond, forMs }) => attack(weapon, framesPerSecond, forMs),
    async burn({ share, forMs }) {
      const endAt = performance.now() + forMs;
      while (performance.now() < endAt) {
        const until = performance.now() + everyMs * share;
        while (performance.now() < until);
        await delay(everyMs * (1 - share));
      }
      return null;
    },
    goodput: never,
    peakRss: never,
    memory: never,
  },
  async () => {},
);

async function attack(name: WeaponName, framesPerSecond: number, forMs: number): Promise<Attacked> {
  const weapon: Weapon = weapons[name];
  const { user, system } = process.cpuUsage();
  const startedAt = performance.now();
  let frames = 0;
  let connections = 0;
  let due = 0;
  let socket = open(name);
  connections++;
  for (let sentAt = startedAt; sentAt < startedAt + forMs; ) {
    await delay(everyMs);
    const now = performance.now();
    due += ((now - sentAt) / 1_000) * framesPerSecond;
    sentAt = now;
    if (socket.closed) {
      await delay(reconnectMs);
      socket = open(name);
      connections++;
    }
    if (socket.writableLength > mostWaitingBytes) {
      due = 0;
      continue;
    }
    const salvo: Buffer[] = [];
    for (; due >= weapon.framesEach; due -= weapon.framesEach) {
      salvo.push(weapon.write(socket.nextId));
      socket.nextId += weapon.idsEach;
      frames += weapon.framesEach;
    }
    socket.write(Buffer.concat(salvo));
  }
  socket.destroy();
  const used = process.cpuUsage({ user, system });
  return { frames, connections, cpuShare: (used.user + used.system) / 1_000 / (performance.now() - startedAt) };
}

function open(weapon: WeaponName): Socket & { nextId: number } {
  const socket = Object.assign(connect({ ...to, noDelay: true }), { nextId: 2 });
  socket.on("error", () => {});
  socket.resume();
  socket.write(Buffer.concat([greeting("Echo", "echo"), loading(weapon)]));
  return socket;
}
