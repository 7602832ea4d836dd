import { z } from "zod";
import { checkPolicySchema } from "../../schema/check-policy.js";
import type { PolicyShape } from "./plain-policy.js";

/** Types and checks of a schema that its JSON Schema says whole. Taking blanks from the ends, no plain text has any. */
const SAID: ReadonlySet<string> = new Set(
  [
    "object record array string number boolean enum literal optional default prefault",
    "min_length max_length greater_than less_than string_format overwrite",
  ].flatMap((names) => names.split(" ")),
);

/**
 * The schema of a policy as JSON Schema, for who has to do without the library of schemas. What JSON Schema cannot say is
 * marked by a word that nobody understands, so that nothing is taken for good on half of what has to hold.
 */
export function policyShape(schema: z.ZodType = checkPolicySchema): PolicyShape {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { type, checks = [] } = zodSchema._zod.def;
      const all = [type, ...checks.map((check) => check._zod.def.check)];
      if (!all.every((each) => SAID.has(each))) jsonSchema["more"] = true;
    },
  }) as PolicyShape;
}
