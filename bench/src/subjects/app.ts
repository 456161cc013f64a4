import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "@rpc/core";
import { createApp, InjectClient, Method, Service } from "@rpc/decorators";
import { fileRegistry } from "@rpc/registry-file";
import { injectable } from "inversify";
import { runFolder } from "../processes/run-folder.js";
import { type Answer, handlers, type Message, type Subject } from "./subject.js";

@Service("Bench")
class Bench {
  @Method()
  async echo(message: Message): Promise<Answer> {
    return handlers.echo(message);
  }

  @Method()
  async add(a: number, b: number): Promise<number> {
    return handlers.add(a, b);
  }
}

@injectable()
class Caller {
  constructor(@InjectClient(Bench) readonly bench: Client<Bench>) {}
}

/**
 * The whole decorated app with its defaults, the ambient context among them: a client injected into a class, which finds
 * the server through the embedded registry. The address is the registry's directory.
 */
export const app: Subject = {
  async serve() {
    const directory = await mkdtemp(join(runFolder(), "registry-"));
    const served = await createApp({ services: [Bench], registry: fileRegistry({ directory }) });
    await served.start();
    return { address: directory, close: () => served.stop() };
  },

  async connect(address) {
    const calling = await createApp({ clients: [Caller], registry: fileRegistry({ directory: address }) });
    await calling.start();
    return { calls: calling.get(Caller).bench, close: () => calling.stop() };
  },
};
