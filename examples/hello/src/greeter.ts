import { Method, Service } from "@rpc/decorators";

@Service("Greeter")
export class Greeter {
  @Method({ idempotent: true })
  greet(name: string): string {
    return `Hello, ${name}!`;
  }
}
