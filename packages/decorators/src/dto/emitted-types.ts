import "reflect-metadata/lite";

/** Returns the types of a method's parameters as the build tool emitted them (`emitDecoratorMetadata`), or undefined where it did not. */
export function emittedParameters(prototype: object, method: string): readonly unknown[] | undefined {
  const types: unknown = Reflect.getOwnMetadata("design:paramtypes", prototype, method);
  return Array.isArray(types) ? types : undefined;
}
