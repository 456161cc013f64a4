import { defineService, type MethodOptions, RpcError, type ServiceDescriptor } from "@rpc/core";
import { type Class, isClass, nameOf, shown } from "../notes/class-ref.js";
import { methodNotes } from "../notes/method.js";
import { serviceAliases, serviceName } from "../notes/service.js";
import { startUpError } from "../start-up-error.js";
import { streamsOf, tagOf } from "./streams-of.js";

const descriptors = new WeakMap<Class, Map<string, ServiceDescriptor>>();
const origins = new WeakMap<ServiceDescriptor, Class>();

/**
 * Returns the descriptor of a `@Service` class, made from its notes once for each name: what `createClient`, `bind` and
 * a connector's `client` want. `name` defaults to what `@Service` says; with another one the same class is served, or
 * called, under several names. Throws `invalid_argument` where the class or one of its methods cannot be served.
 */
export function serviceOf<T extends object>(service: Class<T>, name?: string): ServiceDescriptor<T> {
  if (!isClass(service)) throw startUpError("NO_SERVICE", `a class with @Service is wanted, not ${shown(service)}`);
  const wanted = name ?? serviceName(service);
  const known = descriptors.get(service) ?? new Map<string, ServiceDescriptor>();
  let descriptor = known.get(wanted);
  if (descriptor === undefined) {
    descriptor = describe(service, wanted);
    origins.set(descriptor, service);
    descriptors.set(service, known.set(wanted, descriptor));
  }
  return descriptor as ServiceDescriptor<T>;
}

/** Returns the class that a descriptor was made from, if `serviceOf` made it. */
export function originOf(descriptor: ServiceDescriptor): Class | undefined {
  return origins.get(descriptor);
}

function describe(service: Class, name: string): ServiceDescriptor {
  serviceName(service);
  const notes = methodNotes(service);
  if (notes.size === 0) {
    throw startUpError(
      "NO_METHOD",
      `${nameOf(service)} has @Service but no @Method: put @Method() on what may be called`,
    );
  }
  const methods: Record<string, MethodOptions> = {};
  for (const [method, note] of notes) {
    refuseGenerator(service, method);
    const { idempotent, timeoutMs, handlersRunning, key, failMode, alias } = note.options;
    methods[method] = {
      ...(idempotent === undefined ? {} : { idempotent }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(handlersRunning === undefined ? {} : { handlersRunning }),
      ...streamsOf(service, method, note),
      ...(key === undefined ? {} : { key }),
      ...(failMode === undefined ? {} : { failMode }),
      ...(alias === undefined ? {} : { alias }),
    };
  }
  try {
    const described = defineService<Record<string, () => unknown>>(name, methods);
    // Under a name that it was given besides, the class has that name alone.
    const aliases = name === serviceName(service) ? serviceAliases(service) : undefined;
    return aliases === undefined ? described : Object.freeze({ ...described, aliases });
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const told = error.message.startsWith(nameOf(service)) ? "" : `${nameOf(service)}: `;
    throw startUpError(error.reason, told + error.message, error);
  }
}

function refuseGenerator(service: Class, method: string): void {
  if (tagOf(service.prototype[method]) !== "[object GeneratorFunction]") return;
  throw startUpError(
    "UNSUPPORTED_METHOD",
    `${nameOf(service)}.${method} is a generator, whose iterator cannot be sent: return an array, or make it an async generator`,
  );
}
