import { answerQuestions } from "../../processes/answer-questions.js";
import { settledMemory } from "../../processes/settled-memory.js";
import type { IdleQuestions } from "./questions.js";
import { whose } from "./whose.js";

/* Either process of the trial of idle connections: `program.js server|client core|bare`. */

/** Fewer than a listener's backlog, so that no connection has to be tried twice. */
const atOnce = 100;

const [side, name = ""] = process.argv.slice(2);
const kind = whose[name];
const kept: object[] = [];
let to = "";

answerQuestions<IdleQuestions>(
  {
    async open({ address }) {
      to = address;
      if (kind === undefined) throw new Error(`No connections of ${name}.`);
      return side === "server" ? kind.serve() : "";
    },
    async connect({ count }) {
      for (let left = count; left > 0; left -= atOnce) {
        const some = Array.from({ length: Math.min(left, atOnce) }, () => kind!.connect(to));
        kept.push(...(await Promise.all(some)));
      }
      return kept.length;
    },
    memory: settledMemory,
  },
  async () => {},
);
