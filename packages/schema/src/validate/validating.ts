import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { type Call, type Interceptor, RpcError } from "@rpc/core";
import type { Contract, ServiceContract } from "../contract.js";
import { methodOf } from "../method-of.js";
import { readContract } from "../read/read-contract.js";
import type { ServedNames } from "../served-names.js";
import { checkedItems } from "./checked-items.js";
import type { Checks } from "./checks.js";
import { type Fault, inWords } from "./explain.js";

type Checking = typeof import("./checks.js");

/**
 * Returns an interceptor for servers which checks arguments by a contract before the handler is invoked, and the items of
 * streams among them as each is read. A call that does not fit is rejected with `invalid_argument` /
 * `INVALID_ARGUMENTS`: its message has the path and what was expected there, and quotes no value. Methods that the contract
 * does not have are let through. A method's check is compiled once, at its first call; `ajv` is loaded in the
 * background. Throws `invalid_argument` / `BAD_CONTRACT` where it is no contract.
 */
export function validating(contract: Contract, { names = {} }: ServedNames = {}): Interceptor {
  const { services } = readContract(contract);
  let checking: Checking | undefined;
  const loading = import("./checks.js").then((loaded) => {
    checking = loaded;
  });
  loading.catch(() => {}); // told to whoever calls
  const makers = new Map<ServiceContract, ReturnType<Checking["checksOf"]>>();
  const known = new Map<string, Checks | undefined>();

  const checksFor = ({ path, service, name }: Call["method"], { checksOf }: Checking): Checks | undefined => {
    if (known.has(path)) return known.get(path);
    const owner = Object.hasOwn(names, service) ? names[service]! : service;
    const contract = Object.hasOwn(services, owner) ? services[owner] : undefined;
    const found = contract && methodOf(contract, name);
    let checks: Checks | undefined;
    if (contract !== undefined && found !== undefined) {
      const maker = makers.get(contract) ?? checksOf(contract);
      makers.set(contract, maker);
      checks = maker(found.method);
    }
    known.set(path, checks);
    return checks;
  };

  const faultOf = (call: Call, loaded: Checking): RpcError | undefined => {
    const checks = checksFor(call.method, loaded);
    if (checks === undefined) return undefined;
    const fault = checks.input(call.input);
    if (fault !== undefined) return invalidArguments(call, fault);
    if (checks.items.size > 0) call.input = withCheckedItems(call, checks);
    return undefined;
  };

  return (next) => (call) => {
    if (checking === undefined)
      return loading.then(() => {
        const error = faultOf(call, checking!);
        if (error !== undefined) throw error;
        return next(call);
      });
    const error = faultOf(call, checking);
    return error === undefined ? next(call) : Promise.reject(error);
  };
}

function withCheckedItems(call: Call, { items }: Checks): readonly unknown[] {
  return call.input.map((argument, index) => {
    const check = items.get(index);
    return check === undefined || !isIterable(argument)
      ? argument
      : checkedItems(argument, (item) => {
          const fault = check(item);
          return fault && invalidArguments(call, fault);
        });
  });
}

/** Streams of Node and of the web are given bytes by core, and nothing else. */
function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    Symbol.asyncIterator in value &&
    !(value instanceof Readable || value instanceof ReadableStream)
  );
}

function invalidArguments({ method }: Call, fault: Fault): RpcError {
  return new RpcError("invalid_argument", `${method.service}.${method.name}: ${inWords(fault)}`, {
    reason: "INVALID_ARGUMENTS",
    processed: "no",
  });
}
