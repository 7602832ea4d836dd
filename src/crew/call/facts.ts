import { compileWriteSet, type WriteSet } from "../../capability/write-set.js";
import { observePath } from "../../effect/disk/path-fact.js";
import { type Prepared, prepareEdit, prepareWrite } from "../../effect/keep/prepared.js";
import { baseFunctions } from "../../effect/workspace/original-functions.js";
import { readBase } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { pathArgument } from "../../gate/check-plan.js";
import type { GateFacts, Image, Judgement, PolicyFact } from "../../gate/facts.js";
import { judge } from "../../gate/judge.js";
import { resolvePath } from "../../gate/path.js";
import { err, type Result } from "../../kernel/result.js";
import { languageOf, languagesOf } from "../../measure/language.js";
import { evaluateCondition } from "../../plan/expression.js";
import type { Proposal } from "../../schema/proposal.js";
import { toolInputSchemas } from "../../schema/tool.js";
import type { AuthorityView } from "../../store/authority.js";
import { timeLeftMs } from "../agent/agent-time.js";
import { renewHeld } from "../agent/grants.js";
import type { Crew, Held } from "../state/context.js";
import { loadMeasures } from "../state/grammars.js";
import { nowFacts } from "../state/now-facts.js";

const DAY_MS = 24 * 60 * 60_000;

/** Where a call is made: the capability it is made under and the files it sees. */
export interface CallPlace {
  readonly held: Held;
  readonly workspace: TaskWorkspace | undefined;
  readonly executionsLeft: number;
}

/** A call with the facts to judge it by; a write is computed in memory and nothing is touched. */
export interface PreparedCall {
  readonly facts: GateFacts;
  readonly prepared: Prepared | undefined;
}

/** A call as the gate sees it. */
export interface JudgedCall extends PreparedCall {
  readonly judgement: Judgement;
}

/** Sign-offs there are for a call. */
export type Review = GateFacts["review"];

/**
 * Gathers the facts and asks the gate. Where a post-image breaks a limit it is asked again with what the
 * task's base commit holds, which costs more to find out: an earlier state is no worse, and code that
 * merely moved is not new.
 */
export async function judgeCall(
  crew: Crew,
  proposal: Proposal,
  place: CallPlace,
  review?: Review,
): Promise<JudgedCall> {
  const gathered = await gatherFacts(crew, proposal, place);
  const facts = review === undefined ? gathered.facts : { ...gathered.facts, review };
  const judgement = judge(proposal, facts);
  const { workspace } = place;
  const limited = judgement.denials.some(({ check }) => check === "limits");
  if (!limited || workspace === undefined) return { ...gathered, judgement };
  const images = await withBase(workspace, facts.images);
  await loadMeasures(languagesOf(images));
  const elsewhere = await movedFrom(workspace, images);
  return { ...gathered, judgement: judge(proposal, { ...facts, images, elsewhere }) };
}

/** Post-images with the text their file has at the task's base commit. */
export async function withBase(workspace: TaskWorkspace, images: readonly Image[]): Promise<Image[]> {
  const found: Image[] = [];
  for (const image of images) found.push({ ...image, base: await readBase(workspace, image.path) });
  return found;
}

/** Functions of the base commit that changed code may have come from. */
export async function movedFrom(
  workspace: TaskWorkspace,
  images: readonly { path: string }[],
): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  for (const { path } of images)
    if (languageOf(path) !== undefined) for (const hash of await baseFunctions(workspace, path)) hashes.add(hash);
  return hashes;
}

/** Gathers what the gate needs to know. Reads only. */
export async function gatherFacts(crew: Crew, proposal: Proposal, place: CallPlace): Promise<PreparedCall> {
  const { workspace, held } = place;
  renewHeld(crew, held);
  const prepared = await prepareCall(proposal, workspace);
  if (prepared?.ok === true) await loadMeasures(languagesOf(prepared.value.images));
  const shownRoot = workspace?.shownRoot ?? crew.repository.shownRoot;
  const { phase } = proposal.when;
  const authority = crew.store.authority();
  const facts: GateFacts = {
    nowMs: crew.clock.nowMs(),
    shownRoot,
    capability: verified(crew, held, authority),
    killed: authority.epoch > crew.epoch,
    unconfined: !crew.confines,
    planHash: crew.planHash,
    phaseActive: phase === "-" || crew.activePhases.has(phase),
    writes: held.writes,
    laterFiles: laterFiles(crew, phase),
    loadedFiles: crew.loadedFiles,
    isDenied: (path) => workspace?.isDenied(path) ?? true,
    paths: await observe(proposal, shownRoot, workspace),
    ...writeFacts(prepared),
    budget: budgetFacts(crew, place),
    policies: policyFacts(crew, proposal),
    risk: riskFacts(crew, proposal),
    review: { auditor: null, humans: [], excluded: [] },
  };
  return { facts, prepared: prepared?.ok === true ? prepared.value : undefined };
}

/**
 * Whether a capability is valid now: not expired, not revoked, of this epoch. It is renewed first where it may be: a command may
 * run for longer than what is left of it.
 */
export function holdsCapability(crew: Crew, held: Held): boolean {
  renewHeld(crew, held);
  const authority = crew.store.authority();
  return authority.epoch <= crew.epoch && verified(crew, held, authority).ok;
}

function verified(crew: Crew, held: Held, authority: AuthorityView): GateFacts["capability"] {
  return crew.broker.verifier.verify(held.minted.token, { nowMs: crew.clock.nowMs(), ...authority });
}

function writeFacts(prepared: Result<Prepared, string> | undefined): Pick<GateFacts, "images" | "inputFault"> {
  if (prepared === undefined) return { images: [] };
  return prepared.ok ? { images: prepared.value.images } : { images: [], inputFault: prepared.error };
}

/** Undefined for a call that writes no file. An error is an ordinary result for the model. */
async function prepareCall(
  proposal: Proposal,
  workspace: TaskWorkspace | undefined,
): Promise<Result<Prepared, string> | undefined> {
  const { tool, args } = proposal.what;
  if (tool !== "Write" && tool !== "Edit") return undefined;
  if (workspace === undefined) return err("there is no workspace to write in");
  if (tool === "Write") {
    const input = toolInputSchemas.Write.safeParse(args);
    return input.success ? await prepareWrite(workspace, input.data) : undefined;
  }
  const input = toolInputSchemas.Edit.safeParse(args);
  if (!input.success) return undefined;
  const { replace_all, ...rest } = input.data;
  return await prepareEdit(workspace, replace_all === undefined ? rest : { ...rest, replace_all });
}

async function observe(
  proposal: Proposal,
  shownRoot: string,
  workspace: TaskWorkspace | undefined,
): Promise<GateFacts["paths"]> {
  const raw = pathArgument(proposal);
  const path = raw === undefined ? err("") : resolvePath(raw, shownRoot);
  return path.ok && workspace !== undefined ? [await observePath(workspace.worktree, path.value)] : [];
}

const laterSets = new WeakMap<object, Map<string, WriteSet>>();

/** Files of tasks of phases after one, compiled once for a plan. */
function laterFiles(crew: Crew, phase: string): WriteSet {
  const known = laterSets.get(crew.plan) ?? new Map<string, WriteSet>();
  laterSets.set(crew.plan, known);
  const hit = known.get(phase);
  if (hit !== undefined) return hit;
  const index = crew.plan.phases.findIndex(({ id }) => id === phase);
  const files = crew.plan.phases
    .slice(index + 1)
    .flatMap(({ tasks }) => tasks.flatMap(({ files: { write } }) => write));
  const set = compileWriteSet(files);
  known.set(phase, set);
  return set;
}

/** A tool call spends executions and time; money and tokens are refused before the request that spends them. */
function budgetFacts(crew: Crew, { executionsLeft, held }: CallPlace): GateFacts["budget"] {
  return {
    executionsLeft,
    usdLeft: null,
    tokensLeft: null,
    timeLeftMs: timeLeftMs(crew, held),
  };
}

/** The policies that hold for what a command wrote: those of the structured write that would have made it. */
export function writePolicies(crew: Crew, proposal: Proposal): PolicyFact[] {
  return policyFacts(crew, { ...proposal, what: { ...proposal.what, tool: "Write" } });
}

/** Built-in rules are tier denies the plan check holds anyway; expressions must be true, an error is a failure. */
function policyFacts(crew: Crew, proposal: Proposal): PolicyFact[] {
  const { tool } = proposal.what;
  const applies = crew.plan.approval.policies.filter(
    ({ rule, tools, tasks }) =>
      !rule.startsWith("built-in:") &&
      (tools === undefined || tools.includes(tool)) &&
      (tasks === undefined || tasks.includes(proposal.who.task)),
  );
  return applies.map(({ id, level, rule }) => {
    const call = {
      tool,
      agent: proposal.who.agent,
      tier: proposal.who.tier,
      task: proposal.who.task,
      phase: proposal.when.phase,
    };
    const now = nowFacts(crew.clock.nowMs(), crew.plan.timezone);
    const result = evaluateCondition(rule, { now, call, inputs: { ...crew.inputs } });
    const pass = result.ok && result.value;
    return { id, level, pass, overridden: false, reason: result.ok ? rule : result.error };
  });
}

function riskFacts(crew: Crew, proposal: Proposal): GateFacts["risk"] {
  const violated = crew.violatedAtMs.get(proposal.who.agent);
  return {
    ...crew.plan.approval.risk,
    humanReview: crew.plan.approval.humanReview,
    violatedWithinDay: violated !== undefined && crew.clock.nowMs() - violated < DAY_MS,
    rejectedBefore: crew.rejected.has(proposal.who.task),
  };
}
