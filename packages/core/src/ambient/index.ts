export { ambientCall, currentCall, detached, runInCall } from "./ambient.js";
