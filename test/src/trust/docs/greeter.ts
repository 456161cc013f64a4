import { bind, defineService } from "@rpc/core";

export interface Greeter {
  greet(name: string): string;
}

export const GreeterService = defineService<Greeter>("Greeter", { greet: { idempotent: true } });
export const greeter = bind(GreeterService, { greet: (name) => `Hello, ${name}` });
