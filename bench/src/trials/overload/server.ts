import { bind, type Server, serve } from "@rpc/core";
import { answerQuestions } from "../../processes/answer-questions.js";
import type { OverloadQuestions } from "./questions.js";
import { burn, WorkService } from "./work.js";

/* The server of the trial of overload. */

let server: Server | undefined;

const notAsked = (): Promise<never> => Promise.reject(new Error("This side makes no calls."));

answerQuestions<OverloadQuestions>(
  {
    async open() {
      server = await serve({ services: [bind(WorkService, { burn: () => burn(1) })], drainMs: 100 });
      return server.address;
    },
    saturate: notAsked,
    offer: notAsked,
  },
  async () => server?.close(),
);
