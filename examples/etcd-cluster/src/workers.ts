import { Method, Service } from "@rpc/decorators";

@Service("Workers")
export class Workers {
  /** Returns the number of the process that did the work. */
  @Method({ idempotent: true })
  work(): number {
    return process.pid;
  }
}
