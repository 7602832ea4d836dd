import { join } from "node:path";
import { closeCheckoutWorkspace, openCheckoutWorkspace } from "../../effect/workspace/checkout-workspace.js";
import { assert } from "../../kernel/assert.js";
import { sha256Hex } from "../../kernel/canonical.js";
import { invalid } from "../../kernel/fault.js";
import { OUTSIDE_CYCLES } from "../../memory/outside-cycles.js";
import { planSchema } from "../../schema/plan.js";
import { planIdSchema } from "../../schema/plan-scalar.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { holdFor } from "../agent/delegation.js";
import { stewardCall } from "../call/steward.js";
import { assembleCrew } from "../cycle/assemble.js";
import { canConfine, type Project } from "../cycle/project.js";
import type { RunOptions } from "../cycle/session.js";
import type { Crew } from "../state/context.js";
import type { PlanSource } from "../state/plan-source.js";
import type { HookPlace } from "./place.js";

/** Who works in the checkout, and the phase it works in: names of the plan that stands in where there is none. */
export const CLIENT = "claude-code";
const PHASE = "checkout";
const NO_TASK = "no-task";
/** What a capability names where there is no plan. */
const NO_PLAN = "0".repeat(64);
/** A session of a person has no end of its own; the most a plan may give an agent. */
const MAX_CALLS = 100_000;

/** A place in the user's checkout, and how to leave it. */
export interface CheckoutPlace extends HookPlace {
  close(): Promise<void>;
}

/**
 * The place of a client that works in the user's checkout: on a task outside plans, whose files it may write, or, where
 * none with files is claimed, with the hard deny list guarded. Throws Faults of `openCheckoutWorkspace`.
 */
export async function checkoutPlace(
  project: Project,
  claim: TaskRow | undefined,
  { signal, env }: Pick<RunOptions, "signal" | "env">,
): Promise<CheckoutPlace> {
  const files = claim?.files ?? [];
  const task = claim === undefined ? NO_TASK : nameFor(claim.id);
  const source = standInPlan(project, { id: task, files });
  const confines = await canConfine(project.repository, env);
  const base = { client: undefined, mode: "enforced", inputs: {}, cycle: OUTSIDE_CYCLES } as const;
  const crew = assembleCrew(project, { ...base, source, signal, env, confines });
  crew.activePhases.add(PHASE);
  const agent = crew.agents.get(CLIENT);
  assert(agent !== undefined, "the plan that stands in has its agent");
  const held = holdFor(crew, agent, { task, kind: "work" });
  if (!held.ok) throw invalid(held.error.code, held.error.message);
  const args = { cycle: OUTSIDE_CYCLES, task, branch: crew.branch };
  const workspace = await stewardCall(crew, { tool: "workspace.open", task, args }, async ({ permit, call }) => {
    const value = await openCheckoutWorkspace(permit, project.repository, call);
    return { value, said: `checkout ${value.worktree} at ${value.baseCommit}` };
  });
  const place = { crew, agent, task, phase: PHASE, claimed: files.length > 0, held: held.value, workspace, calls: 0 };
  return { ...place, close: () => closeCheckoutWorkspace(workspace) };
}

/** Ids outside plans are free text; a plan's are not. */
function nameFor(id: string): string {
  return planIdSchema.safeParse(id).success ? id : `task-${sha256Hex(id).slice(0, 12)}`;
}

/** One task of one agent: what the gate needs to be asked about work outside plans. Nobody approves it and it never runs. */
function standInPlan({ repository }: Project, { id, files }: { id: string; files: readonly string[] }): PlanSource {
  const limits = { maxExecutions: MAX_CALLS };
  const task = { id, title: id, owner: CLIENT, files: { write: files.length === 0 ? ["**"] : files }, limits };
  const parsed = planSchema.safeParse({
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: PHASE,
    title: "Work outside plans",
    agents: { [CLIENT]: { tier: "implementation" } },
    limits: { implementation: limits },
    approval: { risk: { auto: 100, auditor: 100, human: 100 }, humanReview: "never" },
    phases: [{ id: PHASE, tasks: [task] }],
  });
  if (!parsed.success)
    throw invalid("BAD_CLAIM", `task ${id} cannot be worked on here: ${parsed.error.issues[0]?.message ?? "invalid"}.`);
  const path = join(repository.root, ".worknode", "checkout");
  return { plan: parsed.data, text: "", hash: NO_PLAN, path };
}

/** Whether a crew's capabilities are void: a person killed everything after it was put together. */
export function isKilled({ crew }: { readonly crew: Crew }): boolean {
  return crew.store.epoch() > crew.epoch;
}
