import { connect } from "node:net";

/** Sends a line to a port of loopback and resolves to the first bytes of the answer. */
export function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1_000 }, () => socket.write(line));
    socket.once("data", (bytes) => {
      resolve(String(bytes));
      socket.destroy();
    });
    socket.once("timeout", () => socket.destroy());
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`port ${port} closed without an answer`)));
  });
}
