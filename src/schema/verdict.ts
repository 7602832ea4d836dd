import { z } from "zod";

/** Names of the gate's checks, in the order they are run and reported (DESIGN §7). */
export const CHECK_NAMES = ["schema", "capability", "plan", "limits", "budget", "policy", "risk", "review"] as const;
export const checkNameSchema = z.enum(CHECK_NAMES);
export type CheckName = z.infer<typeof checkNameSchema>;

/** One check's result. `kind` is the question of S0:66-69 it answers. */
export const checkSchema = z.object({
  check: checkNameSchema,
  kind: z.enum(["permitted", "safety", "reviewed"]),
  pass: z.boolean(),
  reason: z.string().optional(),
});
export type Check = z.infer<typeof checkSchema>;

/** `Approved` alone yields a permit; the other two never dispatch (S2:51). */
export const outcomeSchema = z.enum(["Approved", "PolicyBlocked", "EscalationRequired"]);
export type PolicyOutcome = z.infer<typeof outcomeSchema>;

/** The gate's answer. All checks are present even when the first fails. */
export const verdictSchema = z.object({ outcome: outcomeSchema, checks: z.array(checkSchema) });
export type Verdict = z.infer<typeof verdictSchema>;

/** Error codes of denials (contract, DESIGN §7). */
export const denialCodeSchema = z.enum([
  "ERROR_PLAN_VIOLATION",
  "ERROR_COMPLEXITY_VIOLATION",
  "ERROR_LENGTH_VIOLATION",
  "ERROR_INSUFFICIENT_COVERAGE",
  "ERROR_UNTESTED_FUNCTIONS",
  "ERROR_TESTS_FAILED",
  "ERROR_UNDOCUMENTED",
  "ERROR_POWER_OF_TEN",
  "ERROR_SUPPRESSION",
  "ERROR_PARSE",
  "ERROR_NOT_APPROVED",
  "ERROR_ATTENUATION",
  "ERROR_CAPABILITY",
  "ERROR_PATH",
  "ERROR_HARD_DENY",
  "ERROR_DELETE",
  "ERROR_DENIED_READ",
  "ERROR_INVALID_INPUT",
  "ERROR_OVER_BUDGET",
  "ERROR_POLICY",
  "ERROR_RISK",
  "ERROR_REVIEW",
  "ERROR_KILLED",
  "ERROR_COMMAND_LIMIT",
  "ERROR_MISSING_FACT",
]);
export type DenialCode = z.infer<typeof denialCodeSchema>;

/** A refusal, written for the model and the human alike: rule, subject, object, remedy. */
export const denialSchema = z.object({
  code: denialCodeSchema,
  check: checkNameSchema,
  /** Which rule said no, for example `file-whitelist`. */
  rule: z.string(),
  message: z.string(),
  /** Who asked: agent id. */
  subject: z.string(),
  /** What was asked for: path, tool, function. */
  object: z.string(),
  /** What would be allowed. */
  remedy: z.string(),
  /** Whether it is a violation (security event) or an ordinary error result. */
  violation: z.boolean(),
});
export type Denial = z.infer<typeof denialSchema>;
