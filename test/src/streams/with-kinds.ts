import type { MethodKind, ServiceDescriptor } from "@rpc/core";

/** Returns a descriptor whose methods have these kinds. */
export function withKinds(
  service: ServiceDescriptor,
  kinds: Readonly<Record<string, MethodKind>>,
): ServiceDescriptor<Record<string, (...input: unknown[]) => unknown>> {
  const methods = service.methods.map((method) => Object.freeze({ ...method, kind: kinds[method.name] ?? "unary" }));
  return Object.freeze({ name: service.name, methods: Object.freeze(methods) });
}
