import { createHash } from "node:crypto";
import type { MethodContract, Schema } from "../contract.js";
import type { Alternative, Type } from "../types/alternatives.js";

/** What has parts that may lead back to it. */
type Node = Exclude<Alternative, { readonly is: "any" | "literal" | "scalar" }>;

/**
 * Returns what makes hashes of the methods of one service: 16 hex digits, the beginning of a SHA-256 over the normal form of
 * parameters and result. Names of types and parameters, descriptions, and the order of fields and alternatives do not count.
 */
export function schemaHashes(typeOf: (schema: Schema) => Type): (method: MethodContract) => string {
  const hashOf = typeHashes();
  return ({ kind, parameters, result }) => {
    const taken = parameters.map(({ schema, optional = false, rest = false, stream = false }) => [
      hashOf(typeOf(schema)),
      optional,
      rest,
      stream,
    ]);
    const hash = digest([kind, taken, hashOf(typeOf(result))]).slice(0, 16);
    // Zero is what says on the wire that none is known.
    return /^0+$/.test(hash) ? "0000000000000001" : hash;
  };
}

function typeHashes(): (type: Type) => string {
  const known = new Map<Node, string>();
  const reached = new Map<Node, ReadonlySet<Node>>();

  /** `colours` stand for the nodes of a cycle that is being hashed. */
  const ofType = (type: Type, colours?: ReadonlyMap<Node, string>): string =>
    digest(
      type()
        .map((one) => ofAlternative(one, colours))
        .sort(),
    );

  const ofAlternative = (one: Alternative, colours?: ReadonlyMap<Node, string>): string => {
    if (one.is === "any") return "any";
    if (one.is === "literal") return `=${JSON.stringify(one.value)}`;
    if (one.is === "scalar") return one.name;
    return colours?.get(one) ?? known.get(one) ?? ofNode(one);
  };

  const ofNode = (node: Node): string => {
    const cycle = [...reachable(node)].filter((other) => reachable(other).has(node));
    // Nodes of a cycle begin alike; each round tells apart what differs one step farther away.
    let colours = new Map<Node, string>(cycle.map((other) => [other, "..."]));
    for (let round = 0; round < cycle.length; round++)
      colours = new Map(cycle.map((other) => [other, formOf(other, colours)]));
    const hash = cycle.length === 0 ? formOf(node) : colours.get(node)!;
    for (const [other, colour] of colours) known.set(other, colour);
    known.set(node, hash);
    return hash;
  };

  const formOf = (node: Node, colours?: ReadonlyMap<Node, string>): string => {
    const part = (type: Type | "open" | "none"): string => (typeof type === "function" ? ofType(type, colours) : type);
    if (node.is === "map") return digest(["map", part(node.keys), part(node.values)]);
    if (node.is === "set") return digest(["set", part(node.items)]);
    if (node.is === "array") return digest(["array", node.first.map(part), node.least, part(node.rest)]);
    const fields = [...node.fields].map(([name, { optional, type }]) => [name, optional, part(type)] as const);
    fields.sort(([a], [b]) => (a < b ? -1 : 1));
    return digest(["object", fields, part(node.others)]);
  };

  /** What a node refers to, at any distance: itself too where it is part of a cycle. */
  const reachable = (node: Node): ReadonlySet<Node> => {
    const before = reached.get(node);
    if (before !== undefined) return before;
    const found = new Set<Node>();
    const next = [...partsOf(node)];
    for (let part = next.pop(); part !== undefined; part = next.pop()) {
      if (found.has(part)) continue;
      found.add(part);
      next.push(...partsOf(part));
    }
    reached.set(node, found);
    return found;
  };

  return (type) => ofType(type);
}

function partsOf(node: Node): readonly Node[] {
  const types =
    node.is === "map"
      ? [node.keys, node.values]
      : node.is === "set"
        ? [node.items]
        : node.is === "array"
          ? [...node.first, node.rest]
          : [...[...node.fields.values()].map(({ type }) => type), node.others];
  return types
    .flatMap((type) => (typeof type === "function" ? type() : []))
    .filter((one): one is Node => one.is !== "any" && one.is !== "literal" && one.is !== "scalar");
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
