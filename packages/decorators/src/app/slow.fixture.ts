import { Method } from "../notes/method.js";
import { Service } from "../notes/service.js";

@Service()
export class Slow {
  /** Answers after a while; says when it has begun. */
  @Method()
  async run(ms: number): Promise<string> {
    console.log("running");
    await new Promise((resolve) => setTimeout(resolve, ms));
    return "done";
  }
}
