import { z } from "zod";
import { checkModeSchema, provenanceModeSchema } from "./check-policy.js";

/** One thing `worknode check` objects to. */
export const checkFindingSchema = z.strictObject({
  rule: z.string(),
  code: z.string(),
  severity: z.enum(["error", "warning"]),
  /** Repository-relative path; empty where it is about no file. */
  file: z.string(),
  /** 1-based. */
  line: z.int(),
  function: z.string().nullable(),
  figure: z.number(),
  limit: z.number(),
  message: z.string(),
  /** How to fix it. */
  remedy: z.string(),
});
export type CheckFinding = z.infer<typeof checkFindingSchema>;

/**
 * `failed`, `passed`, `unjudged` and `exempt` are said in `enforce` alone: the other modes never pass anything.
 * `unjudged`: all that changed is left out (exit 4). `exempt`: every commit was looked at and none taken for an agent's.
 */
export const checkOutcomeSchema = z.enum(["passed", "failed", "unjudged", "exempt", "observed", "warned"]);

/** What `worknode check --format json` prints (contract). */
export const checkReportSchema = z.strictObject({
  version: z.literal(1),
  mode: checkModeSchema,
  outcome: checkOutcomeSchema,
  /** The process's exit code (DESIGN §13). */
  exit_code: z.int(),
  /** What was judged: commits, the index, or every file of a commit. */
  base: z.string().nullable(),
  head: z.string(),
  scope: z.enum(["change", "staged", "all"]),
  /** How much was looked at. `lines` are changed lines of code; with `all`, every line. */
  checked: z.strictObject({
    files: z.int(),
    left_out: z.int(),
    /** Files that were looked at and are of no measured language: what they hold was not judged. */
    unmeasured: z.int(),
    functions: z.int(),
    lines: z.int(),
    rules: z.array(z.string()),
    /** Commits whose provenance was verified. */
    commits: z.int(),
  }),
  findings: z.array(checkFindingSchema),
  /** Findings the baseline holds, which are not repeated. */
  baselined: z.int(),
  provenance: provenanceModeSchema,
  /** What else a reader must know: who was taken for an agent and why, what was not judged. */
  notes: z.array(z.string()),
});
export type CheckReport = z.infer<typeof checkReportSchema>;
