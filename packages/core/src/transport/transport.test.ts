import { tmpdir } from "node:os";
import { transportSuite } from "../testing/transport-suite.js";
import { memoryTransport } from "./memory.js";
import { tcp } from "./tcp.js";
import { unixTransport } from "./unix.js";

let sockets = 0;

transportSuite("tcp", () => tcp, { anywhere: () => "tcp://127.0.0.1:0", nowhere: "tcp://127.0.0.1:1" });
transportSuite("memory", memoryTransport, { anywhere: () => "memory://", nowhere: "memory://nobody" });
transportSuite("unix", unixTransport, {
  anywhere: () => `unix://${tmpdir()}/rpc-suite-${process.pid}-${++sockets}.sock`,
  nowhere: `unix://${tmpdir()}/rpc-suite-${process.pid}-nobody.sock`,
});
