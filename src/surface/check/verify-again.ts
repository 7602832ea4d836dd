import { listNames } from "../../effect/git/history-files.js";
import { compareTrees } from "../../effect/workspace/tree.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { ReceiptPredicate } from "../../schema/receipt.js";
import { changedHashes, readChange } from "./change.js";
import type { CommandsRan, ConfinedCommands } from "./confined-commands.js";
import { readOwnReports } from "./coverage-files.js";
import { judgeCovered } from "./judge-code.js";
import { type Limits, limitsOf } from "./limits.js";
import type { JudgedPlan } from "./plan-rules.js";
import type { Judged } from "./rules.js";
import type { CheckPlace } from "./run-check.js";
import { commandsOf, endOf, isFailed, type WrittenReport, writtenReports } from "./run-tests.js";

/** A commit that was rebased, with what worknode signed of it on another base. */
export interface RebasedCommit {
  readonly id: string;
  /** Tree of its first parent. */
  readonly parentTree: string;
  readonly receipts: readonly ReceiptPredicate[];
}

/** Verifies a rebased commit on its own tree: null where that passed, else what it came to. */
export type VerifyAgain = (commit: RebasedCommit) => Promise<string | null>;

interface Ground {
  readonly judged: Judged & { readonly plan: JudgedPlan };
  readonly place: CheckPlace;
  readonly confined: ConfinedCommands;
}

/**
 * Verifies rebased commits as their tasks were: by the `verify` that the base's plan has for the tasks their receipts
 * name, each commit on its own tree. Commands pass, and their reports cover what the commit changed.
 */
export function verifierOf(ground: Ground): VerifyAgain {
  return async (commit) => {
    const { plan } = ground.judged;
    const tasks: PlanTask[] = [];
    for (const receipt of commit.receipts) {
      const task = taskOf(plan, receipt);
      if (typeof task === "string") return task;
      tasks.push(task);
    }
    return await ground.confined.run(commit.id, commandsOf(tasks), (ran) => judgeRun(ground, { commit, tasks, ran }));
  };
}

/** A rework is verified as the task is that it does again. */
const REWORK = /-rework-\d+$/;

/** The task of the base's plan that a receipt is of, or why there is none to verify by. */
function taskOf({ plan, file }: JudgedPlan, { project, task: id, plan: own }: ReceiptPredicate): PlanTask | string {
  if (project !== plan.project || own.id !== plan.id)
    return `${id} is of plan ${own.id} of ${project}, and ${file.path} is plan ${plan.id} of ${plan.project}`;
  const all = plan.phases.flatMap(({ tasks }) => tasks);
  const task = all.find((each) => each.id === id) ?? all.find((each) => each.id === id.replace(REWORK, ""));
  if (task === undefined) return `${file.path} has no task ${id} to verify it by`;
  return commandsOf([task]).length > 0 ? task : `${file.path} names no command that verifies ${id}`;
}

interface Ran {
  readonly commit: RebasedCommit;
  readonly tasks: readonly PlanTask[];
  readonly ran: CommandsRan;
}

async function judgeRun(ground: Ground, { commit, tasks, ran }: Ran): Promise<string | null> {
  const failed = ran.runs.find(isFailed);
  if (failed !== undefined) return endOf(failed);
  const { reports, missing } = await writtenReports(tasks, ran, ground.confined.root);
  if (missing.length > 0) return missing.join("; ");
  return reports.length === 0 ? null : await uncovered(ground, { commit, tasks, reports });
}

/** What the commit changed and its own tests do not reach, by the limits of its tasks. */
async function uncovered(
  { judged, place }: Ground,
  { commit, tasks, reports }: Pick<Ran, "commit" | "tasks"> & { reports: readonly WrittenReport[] },
): Promise<string | null> {
  const { history, selection } = judged;
  const differences = await compareTrees(history.git, commit.parentTree, commit.id);
  const { code, gone } = await readChange({ history, selection }, differences, place.loadMeasures);
  const near = changedHashes({ code, gone });
  const report = readOwnReports(reports, await listNames(history, commit.id));
  const change = { code, limits: limitsFor(judged, tasks), coverage: { report, baseTotal: undefined } };
  const { findings } = await judgeCovered(change, near);
  return findings[0]?.message ?? null;
}

function limitsFor({ policy, plan }: Ground["judged"], tasks: readonly PlanTask[]): Limits {
  const limits = limitsOf(policy, { ...plan, tasks });
  const asked = tasks.map(({ verify }) => verify?.coverage?.min ?? 0);
  return { ...limits, minLineCoverage: Math.max(limits.minLineCoverage, ...asked) };
}
