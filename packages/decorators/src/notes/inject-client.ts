import "reflect-metadata/lite";
import type { ServiceDescriptor } from "@rpc/core";
import { inject } from "inversify";
import { startUpError } from "../start-up-error.js";
import { type Class, isClass, shown } from "./class-ref.js";
import { refuseStandard } from "./standard-decorators.js";

/** What a client is made for: a `@Service` class, its descriptor, or a function that returns one of them. */
export type ClientTarget = Class | ServiceDescriptor | (() => Class | ServiceDescriptor);

/** A place that wants a client: what inversify resolves, and for which service. */
export interface ClientWish {
  readonly id: symbol;
  /** The place in words, e.g. "parameter 0 of Checkout". */
  readonly place: string;
  /** Returns the class or descriptor. To be asked once all modules are loaded. */
  readonly target: () => unknown;
}

/** All places of the process: decorators run when modules load, before there is any app. */
const wishes: ClientWish[] = [];

/**
 * Injects a `Client` of a service: on a constructor's parameter, or on a property. Where two modules import each other
 * write `() => Orders`. The client connects at its first call. Throws `invalid_argument` where it names nothing.
 */
export function InjectClient(service: ClientTarget): ParameterDecorator & PropertyDecorator {
  return (target: object, key: string | symbol | undefined, index?: unknown): void => {
    refuseStandard("@InjectClient", key);
    const place = placeOf(target, key, index);
    refuseNothing(service, place);
    const id = Symbol(`the client for ${place}, which createApp provides`);
    wishes.push({ id, place, target: () => resolved(service) });
    inject(id)(target, key as string, index as number);
  };
}

/** Returns the places that came after the first `known` ones. */
export function wishesSince(known: number): readonly ClientWish[] {
  return wishes.slice(known);
}

function resolved(service: ClientTarget): unknown {
  return typeof service === "function" && !isClass(service) ? (service as () => unknown)() : service;
}

function placeOf(target: object, key: string | symbol | undefined, index: unknown): string {
  if (key === undefined && isClass(target)) return `parameter ${String(index)} of ${target.name}`;
  const owner = isClass(target) ? target.name : target.constructor.name;
  if (typeof index !== "number") return `property ${String(key)} of ${owner}`;
  throw startUpError(
    "BAD_INJECTION",
    `@InjectClient on parameter ${index} of ${owner}.${String(key)}: clients are injected into constructors and properties, not into methods`,
  );
}

function refuseNothing(service: unknown, place: string): void {
  if (service === undefined || service === null) {
    throw startUpError(
      "BAD_INJECTION",
      `@InjectClient(${String(service)}) on ${place}: the class is not loaded yet, because its module and this one import each other: write @InjectClient(() => TheService)`,
    );
  }
  if (typeof service === "function" || (typeof service === "object" && "methods" in service)) return;
  throw startUpError(
    "BAD_INJECTION",
    `@InjectClient on ${place} wants a class with @Service, or a descriptor, not ${shown(service)}`,
  );
}
