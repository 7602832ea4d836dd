import { z } from "zod";
import { DEFAULT_MEMORY_TOKENS } from "../kernel/bounds.js";
import { durationSchema, instantSchema, planIdSchema, planPathSchema, planTextSchema } from "./plan-scalar.js";
import {
  planApprovalSchema,
  planBudgetSchema,
  planInputSchema,
  planLimitsSchema,
  planRolloutSchema,
  planTargetSchema,
  planWaiverSchema,
  planWorkspaceSchema,
} from "./plan-setting.js";
import { planCheckpointSchema } from "./plan-step.js";
import { planTaskSchema } from "./plan-task.js";
import { planTriggerSchema } from "./plan-trigger.js";
import { runtimeSchema } from "./runtime.js";
import { tierSchema } from "./tier.js";

/** An agent of the plan: a role with its tier, instructions and, when wanted, model and tools. */
export const planAgentSchema = z.strictObject({
  tier: tierSchema,
  /** Markdown file; undefined: the agent file of that name, else the tier's own. */
  instructions: planPathSchema.optional(),
  /** Alias or literal id; undefined: the agent file's, else the tier's. */
  model: planTextSchema.optional(),
  /** What gives it its replies; undefined: what the agent file says, else the Messages API. */
  runtime: runtimeSchema.optional(),
  /** Tools it may use at most; undefined: what its agent file and tier allow. */
  tools: z.array(planTextSchema).min(1).optional(),
  /** Tokens before a conversation hands over. */
  memoryBudget: z.int().min(1_000).default(DEFAULT_MEMORY_TOKENS),
  maxDuration: durationSchema.nullable().default(null),
  grants: z.array(z.enum(["elevated"])).default([]),
});
export type PlanAgent = z.infer<typeof planAgentSchema>;

/** A phase. Unless it names its `needs`, it needs the phase before it (filled in by `loadPlan`). */
export const planPhaseSchema = z.strictObject({
  id: planIdSchema,
  title: planTextSchema.optional(),
  needs: z.array(planIdSchema).optional(),
  checkpoints: z.array(planCheckpointSchema).default([]),
  tasks: z.array(planTaskSchema).min(1).max(10_000),
});

/** Agents a plan without `agents` has (DESIGN §10: the shipped defaults). */
export const DEFAULT_AGENTS = {
  executive: { tier: "executive" },
  implementer: { tier: "implementation" },
  validator: { tier: "validation" },
} as const;

/** The plan format `worknode/v1` (DESIGN §11). Its output is a plan with every default filled in. */
export const planSchema = z
  .strictObject({
    apiVersion: z.literal("worknode/v1"),
    kind: z.literal("Plan"),
    id: planIdSchema,
    title: planTextSchema,
    description: planTextSchema.optional(),
    version: planTextSchema.default("1.0.0"),
    project: planIdSchema.optional(),
    template: z.enum(["peer"]).optional(),
    timezone: planTextSchema.default("UTC"),
    deadline: instantSchema.nullable().default(null),
    inputs: z.record(planIdSchema, planInputSchema).default({}),
    targets: z.record(planIdSchema, planTargetSchema).default({ local: { kind: "local", workdir: "." } }),
    rollout: planRolloutSchema.prefault({}),
    limits: planLimitsSchema.prefault({}),
    workspace: planWorkspaceSchema.prefault({}),
    waivers: z.array(planWaiverSchema).default([]),
    mayExtend: z.array(planPathSchema).default([]),
    budget: planBudgetSchema.prefault({}),
    agents: z.record(planIdSchema, planAgentSchema).prefault(() => structuredClone(DEFAULT_AGENTS)),
    tiers: z
      .strictObject({
        executive: planIdSchema.optional(),
        implementation: planIdSchema.optional(),
        validation: planIdSchema.optional(),
      })
      .default({}),
    approval: planApprovalSchema.prefault({}),
    phases: z.array(planPhaseSchema).min(1).max(1_000),
    triggers: z.array(planTriggerSchema).max(1_000).default([]),
  })
  .transform((plan) => ({
    ...plan,
    project: plan.project ?? plan.id,
    phases: plan.phases.map((phase, index) => ({
      ...phase,
      title: phase.title ?? phase.id,
      needs: phase.needs ?? plan.phases.slice(Math.max(0, index - 1), index).map((before) => before.id),
    })),
  }));

/** A normalised plan: every default filled in, durations in ms, deadlines in epoch ms. */
export type Plan = z.infer<typeof planSchema>;
/** A normalised phase: `title` and `needs` are always there. */
export type PlanPhase = Plan["phases"][number];
