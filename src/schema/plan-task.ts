import { z } from "zod";
import {
  commandSchema,
  durationSchema,
  expressionSchema,
  instantSchema,
  literalSchema,
  planIdSchema,
  planPathSchema,
  planTextSchema,
  valueTypeSchema,
} from "./plan-scalar.js";
import { planStepSchema } from "./plan-step.js";

/** Report formats `verify.coverage.format` accepts (DESIGN §9). */
export const coverageFormatSchema = z.enum([
  "lcov",
  "istanbul",
  "cobertura",
  "jacoco",
  "coverage.py",
  "gcov",
  "gcovr",
  "go",
]);

/** How a task's result is verified: commands in the order compile, lint, test; then the report is read. */
export const planVerifySchema = z.strictObject({
  compile: commandSchema.optional(),
  lint: commandSchema.optional(),
  test: commandSchema.optional(),
  coverage: z
    .strictObject({
      report: planPathSchema,
      format: coverageFormatSchema,
      /** Share of changed lines that must be hit; undefined means the plan's own limit. */
      min: z.number().min(0).max(1).optional(),
    })
    .optional(),
  /** Longest time of each command, in milliseconds once parsed. */
  timeout: durationSchema.optional(),
});
export type PlanVerify = z.infer<typeof planVerifySchema>;

/** A declared output of a task. */
export const planOutputSchema = z.strictObject({
  type: valueTypeSchema,
  enum: z.array(literalSchema).min(1).optional(),
  optional: z.boolean().default(false),
  description: z.string().optional(),
});
export type PlanOutput = z.infer<typeof planOutputSchema>;

/** Limits a single task may tighten further. */
export const planTaskLimitsSchema = z.strictObject({
  maxComplexity: z.int().min(1).optional(),
  maxFunctionLines: z.int().min(1).optional(),
  maxExecutions: z.int().min(1).optional(),
});

/** Retries of a task's transient failures; durations are milliseconds once parsed. */
export const planRetrySchema = z.strictObject({
  on: z
    .array(z.enum(["transient"]))
    .min(1)
    .default(["transient"]),
  attempts: z.int().min(1).max(3).default(3),
  backoff: z
    .strictObject({
      initial: durationSchema.default(500),
      factor: z.number().min(1).max(10).default(2),
      max: durationSchema.default(30_000),
    })
    .prefault({}),
});

/** An action on targets (S2); proposed by an executive, run by the dispatcher. */
export const planActionSchema = z.strictObject({
  intent: planIdSchema,
  destructive: z.boolean().default(false),
  targets: z.array(planIdSchema).min(1),
  onFailure: z.enum(["contain", "fail-fast"]).optional(),
});
export type PlanAction = z.infer<typeof planActionSchema>;

/** Who must approve a gate or an action. */
export const approverSchema = z.enum(["auditor", "human"]);

/** Approval a task's action needs beside what its risk asks for. */
export const planTaskApprovalSchema = z.strictObject({
  require: z.array(approverSchema).min(1),
  confirmationToken: z
    .strictObject({
      scope: z.enum(["run"]).default("run"),
      ttl: durationSchema.default(600_000),
      singleUse: z.boolean().default(true),
    })
    .optional(),
});

/** One task (DESIGN §11). `estimate` is its weight; `deadline` is epoch milliseconds once parsed. */
export const planTaskSchema = z.strictObject({
  id: planIdSchema,
  title: planTextSchema,
  /** What is wanted, in as many lines as it takes; given to the agent with the title. */
  description: planTextSchema.optional(),
  owner: planIdSchema,
  needs: z.array(planIdSchema).default([]),
  if: expressionSchema.optional(),
  estimate: z.number().positive().max(1_000_000).nullable().default(null),
  deadline: instantSchema.nullable().default(null),
  files: z
    .strictObject({
      write: z.array(planPathSchema).max(10_000).default([]),
      /** Where to look; no boundary. */
      read: z.array(planPathSchema).max(10_000).default(["**"]),
    })
    .prefault({}),
  with: z.record(planIdSchema, literalSchema).default({}),
  outputs: z.record(planIdSchema, planOutputSchema).default({}),
  limits: planTaskLimitsSchema.prefault({}),
  retry: planRetrySchema.optional(),
  steps: z.array(planStepSchema).max(200).default([]),
  verify: planVerifySchema.optional(),
  /** Tasks already done on which a review task gives a second verdict. */
  decides: z.array(planIdSchema).default([]),
  action: planActionSchema.optional(),
  approval: planTaskApprovalSchema.optional(),
});
export type PlanTask = z.infer<typeof planTaskSchema>;
