import "reflect-metadata/lite";

/** Returns the types of a method's parameters as the build tool emitted them (`emitDecoratorMetadata`), or undefined where it did not. */
export function emittedParameters(prototype: object, method: string): readonly unknown[] | undefined {
  const types: unknown = Reflect.getOwnMetadata("design:paramtypes", prototype, method);
  return Array.isArray(types) ? types : undefined;
}

/** Returns the type of a method's result as the build tool emitted it; undefined where it did not, or where it is no class. */
export function emittedResult(prototype: object, method: string): unknown {
  return Reflect.getOwnMetadata("design:returntype", prototype, method);
}
