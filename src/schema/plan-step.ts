import { z } from "zod";
import {
  commandSchema,
  durationSchema,
  expressionSchema,
  planIdSchema,
  planTextSchema,
  templateSchema,
} from "./plan-scalar.js";

/** What happens when a check fails: `error` and `provide` are shown, then this (S4:83-91). */
export const planOnFailSchema = z.strictObject({
  error: planTextSchema,
  provide: planTextSchema.optional(),
  /** `stop` ends the task or phase, `retry` tries again at most `max` times and then stops, `continue` goes on. */
  then: z.enum(["stop", "retry", "continue"]).default("stop"),
  max: z.int().min(1).max(10).default(1),
});
export type PlanOnFail = z.infer<typeof planOnFailSchema>;

/** What a check's command must do; the patterns are regular expressions searched in its output. */
export const planExpectSchema = z.strictObject({
  exitCode: z.int().min(0).max(255).default(0),
  stdout: z.string().max(1_000).optional(),
  stderr: z.string().max(1_000).optional(),
});

const checkFields = {
  /** Expressions that must all be true. */
  verify: z.array(expressionSchema).max(100).default([]),
  command: commandSchema.optional(),
  expect: planExpectSchema.prefault({}),
  timeout: durationSchema.optional(),
};

/** A check: expressions, a command with its expected result, or both. */
export const planCheckSchema = z.strictObject(checkFields);
export type PlanCheck = z.infer<typeof planCheckSchema>;

const DEFAULT_FAIL = { error: "check failed" };

/** A check on a phase's border (S4:255-264): `before: true` unless it says `after: true`. */
export const planCheckpointSchema = z
  .strictObject({
    ...checkFields,
    before: z.boolean().optional(),
    after: z.boolean().optional(),
    onFail: planOnFailSchema.prefault(DEFAULT_FAIL),
  })
  .transform(({ before, after, ...rest }, context) => {
    const when: "before" | "after" = after === true ? "after" : "before";
    if ((before === true && after === true) || (before === false && after !== true)) {
      context.addIssue({ code: "custom", message: "bad-checkpoint|a checkpoint is either before or after its phase" });
    }
    return { when, ...rest };
  });

/** A step that asks an agent; `outputs` are templates over `result`, what the agent submitted. */
export interface PlanAgentStep {
  kind: "agent";
  id: string;
  if?: string | undefined;
  agent: string;
  request: string;
  /** `decision`: the result must be recorded with create_decision. */
  record?: "decision" | undefined;
  outputs: Record<string, string>;
}

/** A step that runs a check. */
export interface PlanCheckStep {
  kind: "check";
  id: string;
  if?: string | undefined;
  check: PlanCheck;
  onFail: PlanOnFail;
}

/** A step that waits for approval by an auditor, a person, or both. */
export interface PlanGateStep {
  kind: "gate";
  id: string;
  if?: string | undefined;
  gate: { message: string; require: ("auditor" | "human")[] };
  onReject: { then: "stop" | "retry"; max: number };
}

/** One step of a task. */
export type PlanStep = PlanAgentStep | PlanCheckStep | PlanGateStep;

/** What happens when a gate is turned down. */
const planOnRejectSchema = z.strictObject({
  then: z.enum(["stop", "retry"]).default("stop"),
  max: z.int().min(1).max(10).default(1),
});

const rawStepSchema = z.strictObject({
  id: planIdSchema,
  if: expressionSchema.optional(),
  agent: planIdSchema.optional(),
  request: templateSchema.trim().min(1, { error: "empty-text|a request must not be empty" }).optional(),
  record: z.enum(["decision"]).optional(),
  outputs: z.record(planIdSchema, templateSchema).optional(),
  check: planCheckSchema.optional(),
  onFail: planOnFailSchema.optional(),
  gate: z.strictObject({ message: planTextSchema, require: z.array(z.enum(["auditor", "human"])).min(1) }).optional(),
  onReject: planOnRejectSchema.optional(),
});
type RawStep = z.infer<typeof rawStepSchema>;

const KINDS = ["agent", "check", "gate"] as const;
const FIELDS: Record<(typeof KINDS)[number], readonly (keyof RawStep)[]> = {
  agent: ["agent", "request", "record", "outputs"],
  check: ["check", "onFail"],
  gate: ["gate", "onReject"],
};

/** What is wrong with the combination of a step's fields; undefined when nothing is. */
function stepFault(step: RawStep): string | undefined {
  const kinds = KINDS.filter((kind) => step[kind] !== undefined);
  const kind = kinds[0];
  if (kinds.length !== 1 || kind === undefined) return "bad-step|a step is exactly one of agent, check and gate";
  if (kind === "agent" && step.request === undefined) return "bad-step|an agent step needs a request";
  const foreign = KINDS.filter((other) => other !== kind).flatMap((other) => FIELDS[other]);
  const extra = foreign.find((field) => step[field] !== undefined);
  return extra === undefined ? undefined : `bad-step|'${extra}' has no meaning in a step of kind ${kind}`;
}

function normaliseStep(step: RawStep): PlanStep {
  const head = { id: step.id, ...(step.if === undefined ? {} : { if: step.if }) };
  if (step.check !== undefined) {
    return { kind: "check", ...head, check: step.check, onFail: step.onFail ?? planOnFailSchema.parse(DEFAULT_FAIL) };
  }
  if (step.gate !== undefined) {
    return { kind: "gate", ...head, gate: step.gate, onReject: step.onReject ?? planOnRejectSchema.parse({}) };
  }
  return agentStep(head, step);
}

function agentStep(head: { id: string; if?: string }, step: RawStep): PlanAgentStep {
  const { agent = "", request = "", outputs = {} } = step;
  const record = step.record === undefined ? {} : { record: step.record };
  return { kind: "agent", ...head, agent, request, ...record, outputs };
}

/** One step: exactly one of `agent`, `check` and `gate`, normalised to a union on `kind`. */
export const planStepSchema = rawStepSchema.transform((step, context): PlanStep => {
  const fault = stepFault(step);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  return normaliseStep(step);
});
