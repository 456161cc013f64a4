import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GenerateError, type Refusal } from "@rpc/codegen";
import { createProject, settings, type TestProject } from "./project.fixture.js";

/** Lines of a source, each with what is said of it: subject, reason and fix. */
const beside: readonly (readonly [line: string, refusal?: string])[] = [
  ['import { Readable } from "node:stream";'],
  ['import { Method, Service } from "@rpc/decorators";'],
  ['import type { Missing } from "./missing.js";'],
  ["const at = Date.now();"],
  [
    "interface Growing<T> { value: T; next?: Growing<T[]> }",
    "Growing.next: Growing holds itself, each time with other types, without an end: declare a type that holds itself unchanged",
  ],
  [
    "interface Deep { lines: { when: RegExp }[] }",
    "Deep.lines.when: a regular expression does not travel: send its source as a string",
  ],
  [
    "enum Computed { now = Date.now() }",
    "Computed: the value of Computed.now is computed when the program runs: write a constant",
  ],
  ["@Service()"],
  ["export class Bad {"],
  ["@Method() find(id: string): string;", "Bad.find: it is overloaded: give each signature a name of its own"],
  ["find(id: number): string;"],
  ["find(id: unknown): string { return String(id); }"],
  ["@Method() echo<T>(value: T): T { return value; }", "Bad.echo: it is generic: declare the types it is called with"],
  [
    "@Method() guard(value: unknown): value is string { throw value; }",
    "Bad.guard: it is a type guard, which tells the caller of another process nothing: return a boolean",
  ],
  [
    "@Method() callback(done: () => void): void { done(); }",
    'Bad.callback, argument "done": a function, and a call carries only data: send what it would return, or stream it',
  ],
  [
    "@Method() mixed(value: string | (() => void)): void { throw value; }",
    'Bad.mixed, argument "value": a function, and a call carries only data: send what it would return, or stream it',
  ],
  ["@Method() deep(deep: Deep): void { throw deep; }"],
  [
    "@Method() unknown(value: Unknown): void { throw value; }",
    "Bad.unknown, argument \"value\": Cannot find name 'Unknown': import or declare the type, and install what it comes from",
  ],
  [
    "@Method() missing(value: Missing): void { throw value; }",
    "Bad.missing, argument \"value\": Cannot find module './missing.js' or its corresponding type declarations: import or declare the type, and install what it comes from",
  ],
  [
    "@Method() late(value: Promise<string>): void { throw value; }",
    'Bad.late, argument "value": a promise, and a call carries only data: await it first',
  ],
  [
    "@Method() list(): Generator<number> { throw 0; }",
    "Bad.list, its result: an iterator, and a call carries only data: make it an array",
  ],
  [
    "@Method() *items() { yield 1; }",
    "Bad.items: it is a generator, whose iterator cannot be sent: return an array, or make it an async generator",
  ],
  ["@Method() tag(): symbol { throw 0; }", "Bad.tag, its result: a symbol, and a call carries only data: use a string"],
  [
    "@Method() url(url: URL): void { throw url; }",
    'Bad.url, argument "url": a URL does not travel: send it as a string',
  ],
  ["@Method() grow(value: Growing<string>): void { throw value; }"],
  ["@Method() computed(value: Computed): void { throw value; }"],
  [
    "@Method() stream(): AsyncIterable<number> { throw 0; }",
    'Bad.stream: it streams its result, and does not say so: write @Method({ stream: "server" })',
  ],
  [
    '@Method({ stream: "server" }) still(): number { throw 0; }',
    'Bad.still: it says stream: "server", and nothing in its types streams: leave `stream` out, or declare an AsyncIterable',
  ],
  [
    '@Method({ stream: "server" }) either(): AsyncIterable<number> | number { throw 0; }',
    "Bad.either: it returns a stream or something else: let it always return a stream",
  ],
  [
    "@Method() upload(body: Readable): void { throw body; }",
    'Bad.upload: it streams an argument, and does not say so: write @Method({ stream: "client" })',
  ],
  [
    "@Method() nested(value: { body: Readable }): void { throw value; }",
    'Bad.nested, argument "value".body: a stream within a value: let the argument or the result itself be the stream',
  ],
  [
    "@Method({ timeoutMs: at }) timeout(): void {}",
    "Bad.timeout: its option timeoutMs is known only when the program runs: write a constant",
  ],
  [
    "@Method({ timeoutMs: -1 }) early(): void {}",
    "Bad.early: timeoutMs must be a number of milliseconds above 0, not -1: change it",
  ],
  [
    "@Method() static fixed(): void {}",
    "Bad.fixed: @Method stands on a static member: make it a method of the instance",
  ],
  [
    "@Method() private hidden(): void {}",
    "Bad.hidden: @Method stands on a private or protected method, which no client's type shows: make it public, or take @Method away",
  ],
  ["@Method() field = () => 1;", "Bad.field: @Method stands on a field: make it a method"],
  ["@Method() get total() { return 1; }", "Bad.total: @Method stands on an accessor: make it a method"],
  [
    "@Method() toString(): string { return ''; }",
    'Bad.toString: a method cannot be called "toString", which means something to JavaScript itself: rename it: change it',
  ],
  [
    "@Method() itself(): this { return this; }",
    "Bad.itself, its result: it returns the service itself, which stays where it is: return data",
  ],
  [
    "@Method() boxed(value: String): void { throw value; }",
    'Bad.boxed, argument "value": "String" is the type of a boxed value: write string',
  ],
  [
    "@Method() weak(value: WeakMap<object, string>): void { throw value; }",
    'Bad.weak, argument "value": a WeakMap holds what only one process has: send a Map, a Set or the value',
  ],
  ["@Method() good(value: string): string { return value; }"],
  ["}"],
  ["@Service() export class Empty {}", "Empty: it has @Service but no @Method: put @Method() on what may be called"],
  [
    "@Service() export class Generic<T> { @Method() a(a: T): void { throw a; } }",
    "Generic: a service's class cannot be generic: put @Service on a class that extends it with types: class Orders extends Store<Order>",
  ],
  [
    "@Service export class Bare { @Method() a(): void {} }",
    'Bare: @Service stands without parentheses: write @Service() or @Service("Name")',
  ],
  [
    '@Service("no good") export class Named { @Method() a(): void {} }',
    'Named: "no good" cannot be a service\'s name: use 1 to 128 of A-Z, a-z, 0-9, "_", ".", "$", "/" and "-": change it',
  ],
  [
    '@Service("name" + at) export class Computing { @Method() a(): void {} }',
    "Computing: its service's name is known only when the program runs: write a constant",
  ],
  ['@Service("Twice") export class First { @Method() a(): void {} }'],
  [
    '@Service("Twice") export class Second { @Method() a(): void {} }',
    'two services are called "Twice", First (src/bad.ts:49) and Second: give one of them another name, @Service("OtherName")',
  ],
  [
    '@Service("twice") export class Third { @Method() a(): void {} }',
    '"twice" would be written to twice.client.ts, as "Twice" of Second (src/bad.ts:50): give them names that differ in more than case and signs',
  ],
];

describe("what rpc generate refuses", () => {
  let project: TestProject;
  before(() => {
    project = createProject({ "src/bad.ts": beside.map(([line]) => line).join("\n") }, ["@types", "undici-types"]);
    const compilerOptions = { ...settings.compilerOptions, types: ["node"] };
    project.write("tsconfig.json", JSON.stringify({ ...settings, compilerOptions }));
  });
  after(() => project.delete());

  test("is told all at once: each place, with the reason and what to do", async () => {
    const error: unknown = await project.generate().catch((thrown: unknown) => thrown);
    assert.ok(error instanceof GenerateError, String(error));
    const told = ({ line, subject, reason, fix }: Refusal) =>
      `${line} ${subject === undefined ? "" : `${subject}: `}${reason}: ${fix}`;
    const wanted = beside.flatMap(([, refusal], index) => (refusal === undefined ? [] : [`${index + 1} ${refusal}`]));
    assert.deepEqual(error.refusals.map(told), wanted);
    const { file, column } = error.refusals[3]!;
    assert.deepEqual({ file, column }, { file: "src/bad.ts", column: 11 });
    assert.deepEqual(project.list("src"), ["bad.ts"]);
  });
});
