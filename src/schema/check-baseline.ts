import { z } from "zod";

/** Findings a team starts from: how many of a rule a function or file has, and the worst figure among them. */
export const checkBaselineSchema = z.strictObject({
  version: z.literal(1),
  entries: z
    .array(
      z.strictObject({
        rule: z.string(),
        file: z.string(),
        function: z.string().nullable(),
        count: z.int().min(1),
        figure: z.number(),
      }),
    )
    .max(1_000_000),
});
export type CheckBaseline = z.infer<typeof checkBaselineSchema>;
