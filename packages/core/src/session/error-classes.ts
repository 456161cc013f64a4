import type { ErrorClass } from "../contract/error-class.js";
import { RpcError } from "../contract/errors.js";

const wellFormed = /^[A-Z][A-Z0-9_]{0,63}$/;
const carried = ["code", "reason", "processed", "retryAfterMs", "endpoint", "attempts", "origin"] as const;

/** The classes of errors that a process was told of, by their reasons: no other class is ever made of what arrives. */
export class ErrorClasses {
  readonly #byReason = new Map<string, ErrorClass>();

  /** Throws `invalid_argument` / `BAD_OPTION`, naming `where` and the class, where one cannot be told from others by its reason. */
  constructor(where: string, classes: readonly ErrorClass[] = []) {
    for (const each of classes) {
      const wrong = this.#objection(each);
      if (wrong !== undefined) {
        throw new RpcError("invalid_argument", `${where}: errors: ${wrong}`, { reason: "BAD_OPTION", processed: "no" });
      }
      this.#byReason.set(each.reason, each);
    }
  }

  /** Whether an error is of a class that was named, under that class's reason. */
  knows(error: RpcError): boolean {
    const known = this.#byReason.get(error.reason);
    return known !== undefined && Object.prototype.isPrototypeOf.call(known.prototype, error);
  }

  /** Gives an error the prototype of the class that its reason stands for, whose code does not run. */
  dress(error: RpcError): RpcError {
    const known = this.#byReason.get(error.reason);
    return known === undefined ? error : (Object.setPrototypeOf(error, known.prototype) as RpcError);
  }

  /** Returns an error as the class that its reason stands for; as it is where there is none. Never throws. */
  revive(error: RpcError): RpcError {
    const known = this.#byReason.get(error.reason);
    if (known === undefined) return error;
    if (known.fromPeer === undefined) return this.dress(error);
    Object.setPrototypeOf(error, RpcError.prototype);
    try {
      const made = known.fromPeer(error);
      if (!Object.prototype.isPrototypeOf.call(known.prototype, made)) return error;
      // What is certain of the call is not for the class to say.
      for (const field of carried) Reflect.set(made, field, error[field]);
      return made;
    } catch {
      return error;
    }
  }

  #objection(each: ErrorClass): string | undefined {
    if (!extendsRpcError(each)) return `${nameOf(each)} is no class that extends RpcError`;
    const { reason } = each;
    if (typeof reason !== "string" || !wellFormed.test(reason)) {
      return `${nameOf(each)} needs a reason of its own, 1 to 64 of A-Z, 0-9 and "_": static readonly reason = 'OUT_OF_STOCK'`;
    }
    const before = this.#byReason.get(reason);
    if (before === each) return `${nameOf(each)} is named twice`;
    if (before !== undefined) {
      return `${nameOf(before)} and ${nameOf(each)} have the same reason ${reason}: give one of them another`;
    }
    return undefined;
  }
}

function extendsRpcError(value: unknown): boolean {
  return typeof value === "function" && (value.prototype as unknown) instanceof RpcError;
}

function nameOf(value: unknown): string {
  return typeof value === "function" && value.name !== "" ? value.name : `what was given (${typeof value})`;
}

/** Where nobody named any. */
export const noErrorClasses = new ErrorClasses("");
