import { fileURLToPath } from "node:url";
import {
  Client,
  credentials,
  loadPackageDefinition,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { load } from "@grpc/proto-loader";
import { type Answer, handlers, type Message, type Subject } from "./subject.js";

type EchoClient = Client & {
  echo(message: Message, settle: (cause: Error | null, answer: Answer) => void): void;
};

async function loadEcho(): Promise<ServiceClientConstructor> {
  const file = fileURLToPath(new URL("../../proto/echo.proto", import.meta.url));
  const loaded = loadPackageDefinition(await load(file));
  const { Echo } = loaded["bench"] as unknown as { Echo: ServiceClientConstructor };
  return Echo;
}

/** gRPC's own library for Node: one channel, one unary method, no TLS. */
export const grpc: Subject = {
  async serve() {
    const { service } = await loadEcho();
    const server = new Server();
    server.addService(service as Record<string, MethodDefinition<Message, Answer>>, {
      Echo(call: ServerUnaryCall<Message, Answer>, settle: sendUnaryData<Answer>) {
        handlers.echo(call.request).then((answer) => settle(null, answer), settle);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (cause, bound) =>
        cause === null ? resolve(bound) : reject(cause),
      );
    });
    return { address: `127.0.0.1:${port}`, close: async () => server.forceShutdown() };
  },

  async connect(address) {
    const Echo = await loadEcho();
    const client = new Echo(address, credentials.createInsecure()) as unknown as EchoClient;
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 5_000, (cause) => (cause ? reject(cause) : resolve()));
    });
    const echo = (message: Message): Promise<Answer> =>
      new Promise((resolve, reject) => {
        client.echo(message, (cause, answer) => (cause === null ? resolve(answer) : reject(cause)));
      });
    return { calls: { echo }, close: async () => client.close() };
  },
};
