import { startUpError } from "../start-up-error.js";

/**
 * Throws where a decorator was called as a standard (TC39) one, which have no parameter decorators and emit no types:
 * their second argument is a context that says its kind.
 */
export function refuseStandard(decorator: string, second: unknown): void {
  if (typeof second !== "object" || second === null || !("kind" in second)) return;
  throw startUpError(
    "BUILD_SETTINGS",
    `${decorator} was compiled as a standard decorator: set "experimentalDecorators": true and "emitDecoratorMetadata": true in tsconfig.json, ` +
      "or what your build tool calls them (swc: legacyDecorator and decoratorMetadata)",
  );
}
