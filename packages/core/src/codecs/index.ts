export { bytes } from "./bytes.js";
export { json } from "./json/index.js";
export { messagePack } from "./msgpack/index.js";
export { createSink } from "./sink.js";
