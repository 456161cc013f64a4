import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { createServer, type TlsOptions } from "node:tls";
import { atEnd } from "../wire/ground/at-end.js";

/** A TLS server of Node's own, which shows whatever certificate it is given, and says nothing. */
export interface TlsServer {
  readonly address: string;
  /** Bytes of clients that were let through by their own checks. */
  readonly received: number;
}

/** Listens on loopback until the test is over. */
export async function tlsServer(t: TestContext, options: TlsOptions): Promise<TlsServer> {
  let received = 0;
  const server = createServer(options, (stream) => {
    stream.on("error", () => {});
    stream.on("data", (chunk: Buffer) => {
      received += chunk.length;
    });
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(t, () => new Promise((resolve) => server.close(resolve)));
  return {
    address: `tls://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
  };
}
