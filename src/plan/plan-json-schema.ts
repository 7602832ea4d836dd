import { z } from "zod";
import { planSchema } from "../schema/plan.js";

/** JSON Schema of the plan format as a person writes it, for editors; kept in plans/plan.schema.json. */
export function planJsonSchema(): object {
  return z.toJSONSchema(planSchema, { io: "input", unrepresentable: "any" });
}
