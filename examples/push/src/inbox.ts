import { Method, Service } from "@rpc/decorators";

/** What each client offers to the server that it is connected to. */
@Service("Inbox")
export class Inbox {
  @Method()
  notify(text: string): void {
    console.log(text);
  }

  /** Asked for by the server, with an answer: two ways are not only for notifications. */
  @Method()
  confirm(question: string): boolean {
    console.log(question);
    return question.endsWith("?");
  }
}
