import { z } from "zod";
import {
  APPROVAL_TTL_MS,
  DEFAULT_MAX_AGENTS,
  DEVIATION_ALERT,
  MAX_COMPLEXITY,
  MAX_EXECUTIONS,
  MAX_FUNCTION_LINES,
  MIN_COVERAGE,
  REVIEW_INTERVAL_MS,
} from "../kernel/bounds.js";
import {
  commandSchema,
  durationSchema,
  literalSchema,
  planIdSchema,
  planPathSchema,
  planTextSchema,
} from "./plan-scalar.js";
import { rolloutModeSchema } from "./result.js";

/** A value given when a cycle is opened. */
export const planInputSchema = z.strictObject({
  type: z.enum(["string", "number", "boolean"]),
  default: literalSchema.optional(),
  enum: z.array(literalSchema).min(1).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  description: z.string().optional(),
});
export type PlanInput = z.infer<typeof planInputSchema>;

/** Where an action runs; each resolved target gets exactly one HostOutcome. */
export const planTargetSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("local"), workdir: planPathSchema.default(".") }),
  z.strictObject({
    kind: z.literal("remote"),
    address: planTextSchema,
    labels: z.array(planTextSchema).default([]),
  }),
]);

/** Rollout of actions on targets (S2); `off` unless the plan says otherwise (REQUIREMENTS C29). */
export const planRolloutSchema = z.strictObject({
  mode: rolloutModeSchema.default("off"),
  canary: z.strictObject({ target: planIdSchema, allowActions: z.array(planIdSchema).default([]) }).optional(),
  promotion: z
    .strictObject({
      unauthorizedDestructive: z.literal(0).default(0),
      hostAccounting: z.literal("deterministic").default("deterministic"),
      minRuns: z.int().min(1).default(20),
      minRetrySuccessRate: z.number().min(0).max(1).default(0.5),
    })
    .optional(),
});

/** Tier numbers (DESIGN §5). A plan may tighten them; the linter refuses looser ones. */
export const planLimitsSchema = z.strictObject({
  implementation: z
    .strictObject({
      maxComplexity: z.int().min(1).default(MAX_COMPLEXITY),
      maxFunctionLines: z.int().min(1).default(MAX_FUNCTION_LINES),
      allowDelete: z.boolean().default(false),
      maxExecutions: z.int().min(1).max(100_000).default(MAX_EXECUTIONS),
    })
    .prefault({}),
  validation: z
    .strictObject({
      minLineCoverage: z.number().min(0).max(1).default(MIN_COVERAGE),
      maxUntestedFunctions: z.int().min(0).default(0),
      requireDocs: z.boolean().default(true),
      powerOfTen: z.enum(["warn", "enforce"]).default("warn"),
    })
    .prefault({}),
  executive: z
    .strictObject({
      planDeviationAlert: z.number().positive().max(1).default(DEVIATION_ALERT),
      reviewEvery: durationSchema.default(REVIEW_INTERVAL_MS),
    })
    .prefault({}),
});

/** Masked on every route unless the plan gives its own list; a name without a slash matches at any depth. */
export const DEFAULT_DENY = [".env*", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", "id_ecdsa*"];

/** What commands may see and leave behind (DESIGN §8). */
export const planWorkspaceSchema = z.strictObject({
  /** From the user's checkout, through a throw-away overlay; undefined means the built-in rule. */
  link: z.array(planPathSchema).optional(),
  scratch: z.array(planPathSchema).default([]),
  deny: z.array(planPathSchema).default(() => [...DEFAULT_DENY]),
  /** Absolute installation prefixes, mounted read-only; undefined: resolved when the plan is run. */
  toolchains: z.array(z.string().min(1)).optional(),
  env: z.record(z.string(), z.string()).default({}),
  prepare: z.strictObject({ command: commandSchema, network: z.boolean().default(false) }).optional(),
});

/** What a person may waive for named tasks (DESIGN §5). */
export const waivableRuleSchema = z.enum(["tests", "coverage", "documentation"]);

/** A person's decision, shown in the summary, the receipt and CI. */
export const planWaiverSchema = z.strictObject({
  rule: waivableRuleSchema,
  tasks: z.array(planIdSchema).min(1),
  reason: planTextSchema,
});

/** Spending bounds of a cycle; null means none. `wallClock` is milliseconds once parsed. */
export const planBudgetSchema = z.strictObject({
  usd: z.number().positive().nullable().default(null),
  tokens: z.int().positive().nullable().default(null),
  wallClock: durationSchema.nullable().default(null),
  maxAgents: z.int().min(1).max(1_000).default(DEFAULT_MAX_AGENTS),
});

/** A rule of the gate: `built-in:<name>` or an expression that must be true. */
export const planPolicySchema = z.strictObject({
  id: planIdSchema,
  rule: planTextSchema,
  level: z.enum(["mandatory", "overridable", "advisory"]).default("mandatory"),
  /** Tools it applies to; undefined: all. */
  tools: z.array(planTextSchema).min(1).optional(),
  /** Tasks it applies to; undefined: all. */
  tasks: z.array(planIdSchema).min(1).optional(),
});

/** People who may approve, by user name or git e-mail; undefined: any person. */
export type ReviewerList = readonly string[] | undefined;

/** The gate between propose and execute (notes/coordination.md). */
export const planApprovalSchema = z.strictObject({
  policies: z.array(planPolicySchema).default([]),
  /** Highest score for automatic approval, for an auditor alone, for a person with an auditor. */
  risk: z
    .strictObject({
      auto: z.number().min(0).max(100).default(24),
      auditor: z.number().min(0).max(100).default(59),
      human: z.number().min(0).max(100).default(84),
    })
    .prefault({}),
  humanReview: z.enum(["never", "on-risk", "always"]).default("on-risk"),
  reviewers: z
    .strictObject({
      humans: z.array(planTextSchema).optional(),
      auditors: z.array(planIdSchema).optional(),
      preventSelfReview: z.boolean().default(true),
      expiresAfter: durationSchema.default(APPROVAL_TTL_MS),
    })
    .prefault({}),
});
