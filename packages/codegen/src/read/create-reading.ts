import type { ts } from "ts-morph";
import type { Shape } from "../shape.js";
import { fieldsOf } from "./fields.js";
import { shapeOfNode } from "./from-node.js";
import { shapeOfStructure, shapeOfType } from "./from-type.js";
import { createNamed } from "./named.js";
import { identifier, Names } from "./names.js";
import type { Reading, World } from "./reading.js";

/** Returns a reading of the types of one service. */
export function createReading(world: World): Reading {
  const ofSymbol = createNamed();
  const open = new Map<ts.Type, string | undefined>();
  const reading: Reading = {
    ...world,
    names: new Names(),
    named: new Map(),
    ofNode: (node, place) => shapeOfNode(reading, node, place),
    ofType: (type, place) => shapeOfType(reading, type, place),
    ofStructure: (type, place) => shapeOfStructure(reading, type, place),
    ofSymbol: (symbol, type, args, place) => ofSymbol(reading, symbol, type, args, place),
    ofFields: (type, place) => fieldsOf(reading, type, place),
    ofAnonymous: (type, place) => guarded(type, () => fieldsOf(reading, type, place)),
  };

  /** A type without a name that holds itself gets one. */
  function guarded(type: ts.Type, read: () => Shape): Shape {
    if (open.has(type)) {
      const name = open.get(type) ?? reading.names.take(wordFor(type));
      open.set(type, name);
      return { kind: "ref", name };
    }
    open.set(type, undefined);
    try {
      const shape = read();
      const name = open.get(type);
      if (name === undefined) return shape;
      reading.named.set(name, { name, docs: [], form: { kind: "alias", shape } });
      return { kind: "ref", name };
    } finally {
      open.delete(type);
    }
  }

  return reading;
}

function wordFor({ aliasSymbol, aliasTypeArguments = [] }: ts.Type): string {
  if (aliasSymbol === undefined) return "Nested";
  const inner = aliasTypeArguments[0];
  const word = inner?.aliasSymbol?.name ?? inner?.symbol?.name;
  return word === undefined || word.startsWith("__") ? aliasSymbol.name : identifier(`${aliasSymbol.name}Of${word}`);
}
