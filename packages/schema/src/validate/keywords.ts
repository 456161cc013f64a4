import { _, type Ajv, type CodeKeywordDefinition, type KeywordCxt, type Name } from "ajv";
import type { Scalar } from "../types/alternatives.js";
import { isFields, scalarRules } from "./ts-types.js";

/** Teaches `ajv` what TypeScript has and JSON has not: `tsScalar`, `tsFields`, `tsMap` and `tsSet`. */
export function addKeywords(ajv: Ajv): void {
  ajv.addKeyword({
    keyword: "tsScalar",
    schemaType: "string",
    compile: (name: Scalar) => scalarRules[name].is,
    errors: false,
  });
  // A Date, say, is an object to `type`.
  ajv.addKeyword({ keyword: "tsFields", schemaType: "boolean", compile: () => isFieldsOrElse, errors: false });
  ajv.addKeyword(map);
  ajv.addKeyword(set);
}

/** Beside `"type": ["object", "null"]` other things than objects are let through. */
function isFieldsOrElse(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value) || isFields(value);
}

const set: CodeKeywordDefinition = {
  keyword: "tsSet",
  schemaType: ["object", "boolean"],
  code(cxt: KeywordCxt) {
    const valid = cxt.gen.let("valid", _`${cxt.data} instanceof Set`);
    cxt.gen.if(valid, () => each(cxt, valid, _`${cxt.data}`, undefined));
    cxt.pass(valid);
  },
};

const map: CodeKeywordDefinition = {
  keyword: "tsMap",
  schemaType: "object",
  code(cxt: KeywordCxt) {
    const valid = cxt.gen.let("valid", _`${cxt.data} instanceof Map`);
    cxt.gen.if(valid, () => each(cxt, valid, _`${cxt.data}.keys()`, "keys"));
    cxt.gen.if(valid, () => each(cxt, valid, _`${cxt.data}.values()`, "values"));
    cxt.pass(valid);
  },
};

/** Writes the loop over what a collection holds: each has to fit the keyword's schema, or a part of it. */
function each(cxt: KeywordCxt, valid: Name, iterable: ReturnType<typeof _>, part: string | undefined): void {
  cxt.gen.forOf(
    "one",
    iterable,
    (one) => {
      const fits = cxt.gen.name("fits");
      const data = { data: one, compositeRule: true } as const;
      cxt.subschema({ keyword: cxt.keyword, ...(part === undefined ? {} : { schemaProp: part }), ...data }, fits);
      cxt.gen.if(_`!${fits}`, () => cxt.gen.assign(valid, false).break());
    },
    undefined,
  );
}
