import { RpcError } from "@rpc/core";
import type { MetadataStorage, ValidationError, validateSync } from "class-validator";
import { type Class, nameOf } from "../notes/class-ref.js";
import { startUpError } from "../start-up-error.js";

/** Faults that a message tells: the first say enough. */
const mostFaults = 5;

/** class-validator, as far as it is used. */
export interface ClassValidation {
  /** Whether a class or one of its parents carries a decorator of class-validator. */
  knows(target: Class): boolean;
  /** Whether it has a decorated class in this process at all. */
  readonly knowsAny: boolean;
  /**
   * Returns what passes an argument of a class on, or throws `invalid_argument` / `INVALID_ARGUMENTS` with the paths of what is wrong
   * in it. `place` is how the argument is called. Throws `BAD_DTO` at once where the class has validators that cannot be used.
   */
  checkOf(target: Class, where: string, place: string): (argument: unknown) => unknown;
}

/** Returns class-validator where a decorator of it was used in this process; undefined elsewhere: nothing is to be checked then. */
export async function loadValidation(): Promise<ClassValidation | undefined> {
  // Decorators make it as they run, in whichever copy of the package they are.
  if (!("classValidatorMetadataStorage" in globalThis)) return undefined;
  try {
    const { getMetadataStorage, validateSync } = await import("class-validator");
    return createValidation(getMetadataStorage(), validateSync);
  } catch (cause) {
    throw startUpError(
      "BAD_DTO",
      "DTO classes have decorators of class-validator, which cannot be imported here: install it beside @rpc/decorators, or give createApp validate: false",
      cause,
    );
  }
}

function createValidation(storage: MetadataStorage, validate: typeof validateSync): ClassValidation {
  const metadataOf = (target: Class) => storage.getTargetValidationMetadatas(target, "", false, false);
  const faultsOf = (value: unknown, target: Class, path: string): readonly string[] => {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.flatMap((item, index) => faultsOf(item, target, `${path}[${index}]`));
    if (!(value instanceof target)) return [`${path}: expected an object (${nameOf(target)}), got ${kindOf(value)}`];
    return validate(value, { validationError: { target: false, value: false } }).flatMap((error) => told(error, path));
  };
  return {
    knows: (target) => metadataOf(target).length > 0,
    knowsAny: storage.hasValidationMetaData,
    checkOf(target, where, place) {
      for (const { propertyName, constraintCls } of metadataOf(target)) {
        if (constraintCls === undefined) continue;
        if (storage.getTargetValidatorConstraints(constraintCls).some((constraint) => constraint.async))
          throw startUpError(
            "BAD_DTO",
            `${where}: ${nameOf(target)}.${propertyName} has an asynchronous validator, which is not waited for: make it synchronous, or check in the method`,
          );
      }
      return (argument) => {
        const faults = faultsOf(argument, target, place);
        if (faults.length === 0) return argument;
        const more = faults.length > mostFaults ? `; and ${faults.length - mostFaults} more` : "";
        throw new RpcError("invalid_argument", `${where}: ${faults.slice(0, mostFaults).join("; ")}${more}`, {
          reason: "INVALID_ARGUMENTS",
        });
      };
    },
  };
}

function told({ property, constraints = {}, children = [] }: ValidationError, path: string): readonly string[] {
  const place = /^\d+$/.test(property) ? `${path}[${property}]` : `${path}.${property}`;
  const own = Object.values(constraints).map((message) => `${place}: ${message}`);
  return [...own, ...children.flatMap((child) => told(child, place))];
}

function kindOf(value: unknown): string {
  return typeof value === "object" ? "an object of another kind" : `a ${typeof value}`;
}
