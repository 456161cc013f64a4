import type { Invoke } from "../contract/call.js";
import type { Method } from "../contract/method.js";
import { passedOn } from "../host/passed-on.js";
import type { MethodTable } from "../stats/method-table.js";
import type { Direct } from "./direct.js";

/** Returns an invoke that counts its calls. A client's calls tell their outcome themselves, so that it costs no promise. */
export function counting(next: Invoke, table: MethodTable, methods: readonly Method[]): Invoke {
  const accounts = methods.map(({ path }) => table.of(path));
  return (call) => {
    const { method, peer } = call;
    // It may be of another descriptor, in which its index is that of another method.
    const account = methods[method.index] === method ? accounts[method.index]! : table.of(method.path);
    account.calls++;
    if (peer !== undefined) return passedOn(next, account, call);
    call.account = account;
    return next(call);
  };
}

/** Returns the direct way to the same services, counted likewise. */
export function countingDirect(next: Direct, table: MethodTable, methods: readonly Method[]): Direct {
  const accounts = methods.map(({ path }) => table.of(path));
  return {
    send(call, receiver) {
      const account = accounts[call.method.index]!;
      account.calls++;
      call.account = account;
      next.send(call, receiver);
    },
    recover: next.recover,
  };
}
