import { z } from "zod";
import { changeKindSchema, commandResultSchema, refusedChangeSchema } from "./effect.js";
import { dispatchResultSchema } from "./result.js";
import { denialSchema, verdictSchema } from "./verdict.js";

/** What `worknode tool --output-format json` prints (contract), with the fields of source 002 beside it. */
export const toolReportSchema = dispatchResultSchema.extend({
  verdict: verdictSchema,
  /** What the agent is told; of a command what it said. Absent in a dry run that was approved. */
  result: z.union([z.string(), commandResultSchema]).optional(),
  effects: z
    .strictObject({
      kept: z.boolean(),
      changes: z.array(z.strictObject({ path: z.string(), kind: changeKindSchema })),
      refused: z.array(refusedChangeSchema),
      /** Why nothing was kept, as the agent is told; empty where it was. */
      denials: z.array(denialSchema),
    })
    .optional(),
  /** The task's worktree. */
  workspace: z.string().nullable(),
});
export type ToolReport = z.infer<typeof toolReportSchema>;
