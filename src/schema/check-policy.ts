import { z } from "zod";
import { MAX_COMPLEXITY, MAX_FUNCTION_LINES, MIN_COVERAGE } from "../kernel/bounds.js";
import { planPathSchema, planTextSchema } from "./plan-scalar.js";

/** What findings lead to: `observe` and `warn` tell and exit 0, `enforce` fails. */
export const checkModeSchema = z.enum(["observe", "warn", "enforce"]);
export type CheckMode = z.infer<typeof checkModeSchema>;

/** Rules of `worknode check`; those of the Power of Ten have names of their own. */
export const CHECK_RULES = [
  "max-complexity",
  "max-function-lines",
  "parse",
  "readable-code",
  "no-suppression",
  "documentation",
  "coverage",
  "untested-functions",
  "coverage-committed",
  "tests",
  "file-whitelist",
  "hard-deny",
  "no-delete",
  "file-kind",
  "submodule",
  "rules-changed",
  "provenance-missing",
  "provenance-signature",
  "provenance-changed",
  "provenance-rebased",
  "provenance-partial",
  "provenance-capability",
  "provenance-whitelist",
  "provenance-checks",
  "provenance-trailers",
] as const;

const ruleName = z.string().regex(new RegExp(`^(?:${CHECK_RULES.join("|")}|p10-(?:[1-9]|10)-[a-z-]+)$`), {
  error: "unknown-rule|there is no rule of this name",
});

/** Languages by the names `worknode measure` prints. */
export const checkLanguageSchema = z.enum([
  "typescript",
  "tsx",
  "javascript",
  "c",
  "cpp",
  "python",
  "go",
  "rust",
  "java",
]);

/** Whether commits must carry receipts. */
export const provenanceModeSchema = z.enum(["require", "warn", "off"]);
export type ProvenanceMode = z.infer<typeof provenanceModeSchema>;

/** `.worknode/check.yaml`: what `worknode check` judges by, read from the base and never from the change. */
export const checkPolicySchema = z.strictObject({
  version: z.literal(1),
  mode: checkModeSchema.default("observe"),
  /** `agents`: only files that agents' commits touch are judged; who is one is a guess, and printed. */
  appliesTo: z.enum(["agents", "all"]).default("all"),
  /** Languages judged; undefined: all that are measured. */
  languages: z.array(checkLanguageSchema).min(1).optional(),
  /** Looser than an agent's own limits if a team wants; a plan's limits still hold where a plan is given. */
  limits: z
    .strictObject({
      maxComplexity: z.int().min(1).default(MAX_COMPLEXITY),
      maxFunctionLines: z.int().min(1).default(MAX_FUNCTION_LINES),
      minLineCoverage: z.number().min(0).max(1).default(MIN_COVERAGE),
      maxUntestedFunctions: z.int().min(0).default(0),
    })
    .prefault({}),
  requireDocs: z.boolean().default(false),
  powerOfTen: z.enum(["off", "warn", "enforce"]).default("off"),
  /** Generated and vendored files, by anchored patterns; one that matches nothing is an error. */
  exclude: z.array(planPathSchema).max(1_000).default([]),
  severities: z.record(ruleName, z.enum(["error", "warning", "off"])).default({}),
  /** Commit authors known as agents, beside the built-in list: parts of a name or an e-mail address. */
  agents: z.array(planTextSchema).max(200).default([]),
  /** People who may approve a change to the rules themselves. */
  approvers: z.array(planTextSchema).max(200).default([]),
  plan: planPathSchema.optional(),
  baseline: planPathSchema.default(".worknode/check-baseline.json"),
  /** Public keys of the worknodes whose receipts count. */
  trust: planPathSchema.default(".worknode/trust.pem"),
  provenance: provenanceModeSchema.default("off"),
});
export type CheckPolicy = z.infer<typeof checkPolicySchema>;
