import "reflect-metadata";
import type { AddressInfo, Server } from "node:net";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  ClientProxyFactory,
  type ClientTCP,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { type Answer, handlers, type Message, type Subject } from "./subject.js";

@Controller()
class EchoController {
  @MessagePattern("echo")
  echo(message: Message): Promise<Answer> {
    return handlers.echo(message);
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

/** A NestJS microservice over its TCP transport, with that transport's defaults; logs off. */
export const nest: Subject = {
  async serve() {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(EchoModule, {
      transport: Transport.TCP,
      options: { host: "127.0.0.1", port: 0 },
      logger: false,
    });
    await app.listen();
    const { port } = app.unwrap<Server>().address() as AddressInfo;
    return { address: String(port), close: () => app.close() };
  },

  async connect(address) {
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: "127.0.0.1", port: Number(address) },
    }) as ClientTCP;
    await client.connect();
    return {
      calls: { echo: (message) => firstValueFrom(client.send<Answer, Message>("echo", message)) },
      close: async () => client.close(),
    };
  },
};
