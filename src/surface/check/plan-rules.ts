import { compileWriteSet } from "../../capability/write-set.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import { hardDenied } from "../../gate/hard-deny.js";
import { invalid } from "../../kernel/fault.js";
import { loadPlan, planHash } from "../../plan/load-plan.js";
import { formatFault, hasErrors } from "../../plan/plan-fault.js";
import type { CheckFinding } from "../../schema/check-report.js";
import type { Plan } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { aboutFile } from "./finding.js";
import type { RuleFile } from "./rule-files.js";

/** A plan a change is judged by, and the tasks whose files it may touch. */
export interface JudgedPlan {
  readonly plan: Plan;
  readonly hash: string;
  readonly file: RuleFile;
  readonly tasks: readonly PlanTask[];
}

/** Loads a plan. Throws Fault BAD_PLAN, UNKNOWN_TASK (exit 2). */
export function judgedPlan(file: RuleFile, task: string | undefined): JudgedPlan {
  const { plan, faults } = loadPlan(file.text, file.path);
  if (plan === undefined || hasErrors(faults)) {
    const lines = faults.map((fault) => formatFault(file.path, fault));
    throw invalid("BAD_PLAN", `the plan cannot be used:\n${lines.join("\n")}`);
  }
  const all = plan.phases.flatMap((phase) => phase.tasks);
  const tasks = all.filter(({ id }) => task === undefined || id === task);
  if (tasks.length === 0) throw invalid("UNKNOWN_TASK", `${file.path} has no task '${task}'.`);
  return { plan, hash: planHash(file.text), file, tasks };
}

/** A blob of no bytes, in repositories of either hash. */
const EMPTY_BLOBS: ReadonlySet<string> = new Set([
  "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
  "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
]);

/**
 * What a plan lets a change touch: the files of its tasks, nothing on the hard deny list, no deletion, no link. Files
 * that hold the rules are another rule's.
 */
export function judgePlanFiles(
  { plan, tasks, file }: JudgedPlan,
  differences: readonly TreeDifference[],
  isRule: (path: string) => boolean,
): CheckFinding[] {
  const write = tasks.flatMap(({ files }) => files.write);
  const allowed = compileWriteSet(write);
  const instructions = Object.values(plan.agents).flatMap(({ instructions: path }) => path ?? []);
  const loaded = new Set([file.path, ...instructions]);
  return differences.flatMap((difference) => {
    const { path } = difference;
    if (isRule(path)) return [];
    if (hardDenied(path, loaded)) return [hardDenial(path)];
    if (!allowed.has(path)) return [outside(path, write)];
    return refusedKind(difference);
  });
}

function refusedKind({ path, kind, after }: TreeDifference): CheckFinding[] {
  if (kind === "delete" || kind === "type" || (kind === "modify" && EMPTY_BLOBS.has(after ?? "")))
    return [deletion(path, kind)];
  return kind === "link" || kind === "special" ? [oddKind(path, kind)] : [];
}

function hardDenial(path: string): CheckFinding {
  return aboutFile(path, {
    rule: "hard-deny",
    code: "ERROR_HARD_DENY",
    message: `${path} steers worknode, git, CI or a client's hooks and is never written by an agent`,
    remedy: "Take the change to this file out; a person makes it in a change of their own.",
  });
}

/** Entries of a whitelist named in a message. */
const MAX_NAMED = 10;

function outside(path: string, write: readonly string[]): CheckFinding {
  const named = write.slice(0, MAX_NAMED).join(", ");
  const more = write.length > MAX_NAMED ? ` and ${write.length - MAX_NAMED} more` : "";
  return aboutFile(path, {
    rule: "file-whitelist",
    code: "ERROR_PLAN_VIOLATION",
    message: "File not in agent's assigned scope",
    remedy: `Take the change to this file out. The plan lets its tasks write: ${named}${more}.`,
  });
}

function deletion(path: string, kind: string): CheckFinding {
  const how = kind === "delete" ? "deleted" : kind === "type" ? "made another kind of file" : "emptied";
  return aboutFile(path, {
    rule: "no-delete",
    code: "ERROR_DELETE",
    message: `${path} is ${how}; agents never delete`,
    remedy: "Restore the file. A person deletes it in a change of their own.",
  });
}

function oddKind(path: string, kind: string): CheckFinding {
  const what = kind === "link" ? "a symbolic link" : "a submodule";
  return aboutFile(path, {
    rule: "file-kind",
    code: "ERROR_PATH",
    message: `${path} became ${what}`,
    remedy: "Agents make regular files alone. Take the change to this path out.",
  });
}
