import { isSubsetOf, mayOverlap } from "../../capability/write-set.js";
import { assert } from "../../kernel/assert.js";
import { sha256Hex } from "../../kernel/canonical.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { amendPlan, readPatch } from "../../plan/amend-plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";

/** Files more for a task, sound by the linter. */
export interface Amendment {
  readonly files: readonly string[];
  /** Whether the plan's `mayExtend` covers them: then nobody is asked. */
  readonly within: boolean;
}

/** What an executive proposes, judged: by form, by lint, and by what others write now. The error is told to it. */
export function judgeAmendment(crew: Crew, task: PlanTask, patch: unknown): Result<Amendment, string> {
  const names = readPatch(patch);
  if (!names.ok) return names;
  const amended = amendPlan(currentPlan(crew), plannedId(crew, task.id), names.value);
  if (!amended.ok) return err(`the amended plan has a fault: ${amended.error}`);
  const rival = [...crew.tasks.values()].find(({ task: other }) => isRival(crew, task, other, names.value));
  if (rival !== undefined)
    return err(`${rival.task.id} may write one of these files and is not over: let ${task.id} need it, or wait.`);
  return ok({ files: names.value, within: isSubsetOf(names.value, crew.plan.mayExtend) });
}

/** Two tasks that write one file must never run at the same time, and the later of the two must see the other's work. */
function isRival(crew: Crew, task: PlanTask, other: PlanTask, files: readonly string[]): boolean {
  const status = crew.statuses.get(other.id);
  if (other.id === task.id || status === "DONE" || status === "SKIPPED") return false;
  return mayOverlap(files, other.files.write);
}

/** The plan as it is now: as approved, with every amendment since. */
function currentPlan(crew: Crew): string {
  const [last] = crew.store.events({ run: crew.cycle, type: "PLAN_AMENDED", reverse: true, limit: 1 });
  return last?.type === "PLAN_AMENDED" ? last.payload.plan_source : crew.planSource;
}

/** The plan holds no reworks: what one needs more, the task that it does again is given in the plan's text. */
function plannedId(crew: Crew, id: string): string {
  return taskOf(crew, id).of ?? id;
}

/** Gives a task the files, recorded with who decided; the cycle, its plan hash and finished work stay. */
export function applyAmendment(
  crew: Crew,
  task: PlanTask,
  what: { files: readonly string[]; by: string; reason: string },
): void {
  const { files, by, reason } = what;
  if (files.every((file) => task.files.write.includes(file))) return; // an answer taken up again after a crash
  const amended = amendPlan(currentPlan(crew), plannedId(crew, task.id), files);
  assert(amended.ok, "an amendment was judged before it is applied");
  const place = { stream: cycleStream(crew.cycle), actor: by, run: crew.cycle, task: task.id };
  const text = amended.value;
  extend(crew, task.id, files);
  const write = [...task.files.write];
  const payload = {
    cycle: crew.cycle,
    files: [...files],
    write,
    by,
    to: ownerOf(crew, task),
    reason,
    plan_source: text,
    plan_hash: sha256Hex(text),
  };
  crew.store.append([eventAt(place, "PLAN_AMENDED", payload)]);
}

/** Gives tasks again what earlier sessions gave them. */
export function recallAmendments(crew: Crew): void {
  for (const event of crew.store.events({ run: crew.cycle, type: "PLAN_AMENDED" }))
    if (event.type === "PLAN_AMENDED" && event.task !== null) extend(crew, event.task, event.payload.files);
}

/** With a rework its task too: another rework of that has its files. */
function extend(crew: Crew, id: string, files: readonly string[]): void {
  for (const each of new Set([id, plannedId(crew, id)])) {
    const { write } = taskOf(crew, each).task.files;
    write.push(...files.filter((file) => !write.includes(file)));
  }
}

/** The change to the plan as a person reads it before deciding. */
export function amendmentDiff(task: PlanTask, files: readonly string[]): string {
  const { write } = task.files;
  return `- files: { write: [${write.join(", ")}] }\n+ files: { write: [${[...write, ...files].join(", ")}] }`;
}
