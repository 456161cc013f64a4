import { setTimeout as delay } from "node:timers/promises";
import { bind, type Server, serve } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import { bounds, HangService } from "./hang.js";
import type { DeadlineQuestions } from "./questions.js";

/* The server of the trial of deadlines: its handlers end long after their callers gave up. */

const handlerMs = 1_000;

let server: Server | undefined;

answerQuestions<DeadlineQuestions>(
  {
    async open() {
      const hang = bind(HangService, { forever: () => delay(handlerMs, null) });
      server = await serve({
        services: [hang],
        handlersRunning: 1_000_000,
        waitQueueEntries: 32_768,
        drainMs: 100,
        ...bounds,
      });
      return server.address;
    },
    expire: () => Promise.reject(new Error("This side answers nothing.")),
  },
  async () => server?.close(),
);
