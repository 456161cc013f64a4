import { attacks } from "./attack.js";
import { compression } from "./compression.js";
import { deadlines } from "./deadlines.js";
import { idle } from "./idle.js";
import { inFlight } from "./in-flight.js";
import { largeAnswers } from "./large-answers.js";
import { overload } from "./overload.js";
import { streamCrowd } from "./stream-crowd.js";
import { streamRates } from "./stream-rates.js";
import { streamSlowConsumer } from "./stream-slow-consumer.js";
import type { Trial } from "./trial.js";
import { validation } from "./validation.js";
import { writes } from "./writes.js";

/** All trials, in the order in which they run. */
export const trials: readonly Trial[] = [
  writes,
  compression,
  validation,
  inFlight,
  largeAnswers,
  deadlines,
  overload,
  idle,
  streamRates,
  streamSlowConsumer,
  streamCrowd,
  ...attacks,
];
