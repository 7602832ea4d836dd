import { isSubsetOf } from "../../capability/write-set.js";
import type { Layer } from "../../effect/merge/merge-stack.js";
import { compareTrees } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { hashOf } from "../../kernel/canonical.js";
import { languagesOf } from "../../measure/language.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { NOTHING_RAN, type VerifyRun } from "../call/verify.js";
import type { Crew } from "../state/context.js";
import { loadMeasures } from "../state/grammars.js";
import { coverageBasis } from "./coverage-rule.js";
import {
  alteredFaults,
  canChange,
  changedTexts,
  commandFault,
  failedCommands,
  findingText,
  judgeWork,
  REPORTED,
  type Verified,
  waiversFor,
  warningsOf,
} from "./rules.js";

/** Tasks that are verified alike: by the same commands, report and waivers. */
export type Alike = readonly [PlanTask, ...PlanTask[]];

/** Tasks that have commands, by those that are verified alike. */
export function groupAlike(crew: Crew, tasks: readonly PlanTask[]): Alike[] {
  const groups = new Map<string, [PlanTask, ...PlanTask[]]>();
  for (const task of tasks) {
    const commands = verifyCommands(task);
    if (commands.length === 0) continue;
    const key = hashOf({ commands, coverage: task.verify?.coverage ?? null, waivers: waiversFor(crew, task.id) });
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [task]);
    else group.push(task);
  }
  return [...groups.values()];
}

/** A task's work within a tree it was joined into; `workspace` has as its base what it was joined with. */
export interface JoinedWork {
  readonly task: PlanTask;
  readonly workspace: TaskWorkspace;
  /** The joined tree, or its commit. */
  readonly tree: string;
  /** What the task's commands wrote on that tree. */
  readonly report: VerifyRun["report"];
}

/**
 * Judges the coverage of a task's files on a joined tree: what is wrong, nothing where it is waived or not asked for. The
 * total is not held against the base where the plan waives coverage of other work that is in it.
 */
export async function joinedCoverageFaults(crew: Crew, work: JoinedWork): Promise<string[]> {
  const { task, workspace, tree, report } = work;
  const waivers = waiversFor(crew, task.id);
  if (waivers.includes("coverage") || !canChange(task)) return [];
  const differences = await compareTrees(workspace.git, workspace.baseCommit, tree);
  const own = differences.filter(({ path }) => isSubsetOf([path], task.files.write));
  const { files, faults } = await changedTexts(workspace, own); // joined with other work, code may be too long to be read
  if (faults.length > 0) return faults.map((fault) => `${task.id}: ${fault}`);
  if (files.length === 0) return [];
  await loadMeasures(languagesOf(files));
  const basis = await coverageBasis(crew, { task, workspace }, { report, tree });
  if (typeof basis !== "object") return basis === undefined ? [] : [`ERROR_INSUFFICIENT_COVERAGE: ${basis}`];
  const waived = crew.plan.waivers.some(({ rule }) => rule === "coverage");
  const judged = await judgeWork(crew, work, { files, waivers, basis: waived ? { ...basis, baseTotal: 0 } : basis });
  return judged.findings
    .filter(({ blocks, code }) => blocks && REPORTED.has(code))
    .map((finding) => `${task.id}: ${findingText(finding, NOTHING_RAN)}`);
}

/** A task's layer in a stack, and what its commands did on the whole. */
export interface LayerWork {
  readonly task: PlanTask;
  readonly layer: Layer;
  /** View of the whole stack. */
  readonly view: TaskWorkspace;
  /** The stack's tree. */
  readonly tree: string;
  readonly ran: VerifyRun;
}

/**
 * Judges a task's layer as its work alone would be judged on the layer below, by what its commands did and wrote on the
 * whole stack. The total coverage is the whole stack's: where it does not do by itself, no task is told from the others,
 * and it is a fault.
 */
export async function judgeLayer(crew: Crew, { task, layer, view, tree, ran }: LayerWork): Promise<Verified> {
  const workspace = { ...view, baseCommit: layer.below };
  const waivers = waiversFor(crew, task.id);
  const { files, faults: unread } = await changedTexts(workspace, layer.changes);
  await loadMeasures(languagesOf(files));
  const failed = failedCommands(ran.commands, waivers).map((run) => commandFault(run, ran));
  const faults = [...unread, ...failed, ...alteredFaults(ran)];
  const wanted = faults.length === 0 && !waivers.includes("coverage");
  const at = { task, workspace };
  const basis = wanted ? await coverageBasis(crew, at, { report: ran.report, tree, alone: false }) : undefined;
  if (typeof basis === "string") faults.push(`ERROR_INSUFFICIENT_COVERAGE: ${basis}`);
  const report = await judgeWork(crew, { workspace }, { files, waivers, basis });
  faults.push(...report.findings.filter(({ blocks }) => blocks).map((finding) => findingText(finding, ran)));
  return { tree, faults, warnings: warningsOf(report), ran, judgement: report.coverage };
}
