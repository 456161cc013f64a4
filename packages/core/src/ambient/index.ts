export { ambientCall, currentCall, detached, runInCall, streamInCall } from "./ambient.js";
