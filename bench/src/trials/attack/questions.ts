import type { Memory } from "../../processes/settled-memory.js";
import type { WeaponName } from "./frames.js";

/** What the processes of the trials of attacks are asked. */
export interface AttackQuestions {
  /** Server: listens, and answers with its address. Others: remember it. */
  open: { readonly ask: { readonly address: string }; readonly answer: string };
  /** Honest client: keeps calls in flight for a while. Answers with calls a second. */
  goodput: { readonly ask: { readonly forMs: number }; readonly answer: number };
  /** Attacker: sends so many frames a second, and connects anew whenever it is cut off. */
  attack: {
    readonly ask: { readonly weapon: WeaponName; readonly framesPerSecond: number; readonly forMs: number };
    readonly answer: Attacked;
  };
  /** Burner: uses so much of a processor, and sends nothing. */
  burn: { readonly ask: { readonly share: number; readonly forMs: number }; readonly answer: null };
  /** Server: the most memory (RSS) since the last question, in bytes. */
  peakRss: { readonly ask: object; readonly answer: number };
  memory: { readonly ask: object; readonly answer: Memory };
}

/** What an attacker did. */
export interface Attacked {
  readonly frames: number;
  readonly connections: number;
  /** Of one processor. */
  readonly cpuShare: number;
}
