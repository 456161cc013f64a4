import "reflect-metadata/lite";
import { checkOptions, type FailMode, type MethodOptions, type OptionKinds } from "@rpc/core";
import { startUpError } from "../start-up-error.js";
import { type Class, chainOf, isClass } from "./class-ref.js";
import type { ArrayOf, Dto } from "./dto.js";
import { refuseStandard } from "./standard-decorators.js";

/** Options of `@Method`. */
export interface MethodNoteOptions<
  Input extends readonly (Dto | undefined)[] = readonly (Dto | undefined)[],
  Output extends Dto | undefined = Dto | undefined,
> {
  /** Running it twice does what running it once does, so that a call which may have run is tried again. Defaults to false. */
  readonly idempotent?: boolean;
  /** Default span of a call of this method, in ms; an hour at most. Defaults to the client's, which is 10 000. */
  readonly timeoutMs?: number;
  /** Handlers of it that may run at once on a server; what comes above it waits. Defaults to no limit but the server's. */
  readonly handlersRunning?: number;
  /** One or several other names that the method is served by, for clients that know it by one of these. Defaults to none. */
  readonly alias?: string | readonly string[];
  /** What becomes of a call whose attempt failed, for clients made of this class. Defaults to the client's, which is "failover". */
  readonly failMode?: FailMode;
  /** What a hashing balancer hashes of a call, from its arguments: `key: (user: User) => user.id`. Defaults to none. */
  readonly key?: (...input: never[]) => string;
  /**
   * What streams: "server", the result; "client", arguments; "duplex", both. A native `async *` method is "server" by
   * itself; one whose arguments stream too, and any other function that returns a stream, has to say so.
   */
  readonly stream?: NonNullable<MethodOptions["stream"]>;
  /**
   * What the method gets for argument streams: "iterable", "readable" (bytes, as Node's) or "web" (bytes, as the web's); one
   * for all of them, or a list with one for each argument. Defaults to what the build tool emitted, else to "iterable".
   */
  readonly streamAs?: NonNullable<MethodOptions["streamAs"]>;
  /**
   * The classes of the arguments, one entry for each, `undefined` where an argument is plain data:
   * `[() => CreateOrder, undefined]`; of an argument that streams, that of its items. Defaults to what the build tool emitted: a class with class-transformer decorators.
   */
  readonly input?: Input;
  /** The class of the answer, or of its items where it streams: `() => Order`, or `arrayOf(() => Order)`. Defaults to plain data. */
  readonly output?: Output;
}

/** What `@Method` wrote down. */
export interface MethodNote {
  readonly options: MethodNoteOptions;
  /** The prototype on which it stands: there the build tool leaves the types of the arguments. */
  readonly prototype: object;
}

const kinds: OptionKinds = {
  idempotent: "boolean",
  timeoutMs: "number",
  handlersRunning: "count",
  stream: ["server", "client", "duplex"],
  streamAs: "any",
  key: "function",
  alias: "any",
  failMode: ["failover", "failfast", "failtry", "failbackup"],
  input: "list",
  output: "any",
};
const notes = new WeakMap<object, Map<string, MethodNote>>();

/**
 * Notes that a method of a service may be called. It is also offered by subclasses that are services, which may override
 * it; a `@Method` on the override replaces the options. Throws `invalid_argument` where it stands on something else
 * than a method, naming class and member.
 */
export function Method<
  const Input extends readonly (Dto | undefined)[] = readonly [],
  Output extends Dto | undefined = undefined,
>(options: MethodNoteOptions<Input, Output> = {}): MethodDecoratorOf<Input, Output> {
  return (target: object, key: string | symbol, descriptor?: unknown): void => {
    refuseStandard("@Method", key);
    const member = memberName(target, key);
    refuseWrongPlace(member, target, key, descriptor);
    checkOptions(`@Method on ${member}`, options, kinds);
    const own = notes.get(target) ?? new Map<string, MethodNote>();
    own.set(key as string, { options, prototype: target });
    notes.set(target, own);
  };
}

/** Returns the notes of all methods that a class offers, by name: its parents' first, a nearer note in place of a farther. */
export function methodNotes(target: Class): ReadonlyMap<string, MethodNote> {
  const found = new Map<string, MethodNote>();
  const chain = chainOf(target.prototype).toReversed();
  for (const prototype of chain) for (const [name, note] of notes.get(prototype) ?? []) found.set(name, note);
  return found;
}

/** Accepts methods whose arguments and answer fit the classes named. */
export type MethodDecoratorOf<Input extends readonly unknown[], Output> = <
  T extends object,
  F extends (...input: Arguments<Input>) => Answer<Output>,
>(
  target: T extends { readonly prototype: unknown } ? never : T,
  name: string,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

type InstanceOf<D> = D extends () => Class<infer T> ? T : D extends ArrayOf<infer T> ? T[] : never;

/** What is not named may be of any type: a parameter of any type takes `never`. What is named is one, or a stream of them. */
type Arguments<Input extends readonly unknown[]> = [
  ...{ [K in keyof Input]: Input[K] extends Dto ? InstanceOf<Input[K]> & AsyncIterable<InstanceOf<Input[K]>> : never },
  ...never[],
];

type Answer<Output> = Output extends Dto
  ? OneOrMany<InstanceOf<Output>> | PromiseLike<OneOrMany<InstanceOf<Output>>>
  : unknown;

type OneOrMany<T> = T | null | undefined | AsyncIterable<T>;

function memberName(target: object, key: string | symbol): string {
  const owner = isClass(target) ? target : target.constructor;
  return `${owner.name}.${String(key)}`;
}

function refuseWrongPlace(member: string, target: object, key: string | symbol, descriptor: unknown): void {
  const where = isClass(target)
    ? "a static member: make it a method of the instance"
    : typeof key === "symbol"
      ? "a member without a name: give the method a name"
      : typeof descriptor !== "object" || descriptor === null
        ? "a field: make it a method"
        : !("value" in descriptor) || typeof descriptor.value !== "function"
          ? "an accessor: make it a method"
          : undefined;
  if (where !== undefined) throw startUpError("BAD_METHOD", `@Method on ${member}, which is ${where}`);
}
