export { answerQuestions } from "./answer-questions.js";
export { openProgram, type Program } from "./open-program.js";
export { type Memory, settledMemory } from "./settled-memory.js";
