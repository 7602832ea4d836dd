import { z } from "zod";

/** One Power of Ten observation inside a function. `unknown` is never a pass. */
export const measureFindingSchema = z.strictObject({
  rule: z.string(),
  /** 1-based. */
  line: z.int(),
  verdict: z.enum(["pass", "fail", "unknown"]),
  message: z.string(),
});

/** What `worknode measure --format json` prints (contract). Lines are 1-based and inclusive. */
export const measureReportSchema = z.strictObject({
  files: z.array(
    z.strictObject({
      path: z.string(),
      /** Null where the language is not measured. */
      language: z.string().nullable(),
      lines: z.int(),
      parse: z.enum(["ok", "partial", "failed"]),
      /** What is about no function, such as a mutable global variable; absent where there is nothing. */
      findings: z.array(measureFindingSchema).optional(),
    }),
  ),
  functions: z.array(
    z.strictObject({
      file: z.string(),
      name: z.string(),
      line: z.int(),
      end_line: z.int(),
      complexity: z.int(),
      /** Own lines, without those of functions nested in it. */
      length: z.int(),
      parameters: z.int(),
      documented: z.boolean(),
      findings: z.array(measureFindingSchema),
    }),
  ),
});
export type MeasureReport = z.infer<typeof measureReportSchema>;
