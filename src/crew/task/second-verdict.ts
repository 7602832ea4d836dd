import { MAX_REWORKS } from "../../kernel/bounds.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { headWorkspace } from "../call/workspaces.js";
import { askVerdict, verdictsMarked } from "../conversation/critic.js";
import { escalate } from "../conversation/escalate.js";
import { secondVerdictPrompt } from "../conversation/prompts.js";
import { excludedFrom } from "../conversation/review-call.js";
import { type Crew, type CrewAgent, ownerOf, taskOf } from "../state/context.js";
import { loadTaskState, type TaskState } from "../state/task-state.js";
import { setStatus, TaskFailure } from "../state/task-status.js";
import { openRework, type Rework, requestOf, reworksOf } from "./rework.js";

/** Verdicts one review task may be asked for on one task: reworks, remedies, conversations without one. */
const MAX_VERDICTS = 10;

/** A review task, and what is known of it. */
interface Review {
  readonly task: PlanTask;
  readonly state: TaskState;
}

/**
 * A review task's second verdicts on tasks that are done (`decides`, DESIGN §11), before its own work, which then sees what
 * it accepted. A REJECT opens a rework task, at most twice for each; the next goes to the executive. Answers whether all are
 * accepted; false where the task waits for reworks now.
 */
export async function passesVerdicts(crew: Crew, task: PlanTask, state: TaskState): Promise<boolean> {
  const decided = task.decides.filter((id) => crew.statuses.get(id) === "DONE");
  if (decided.length === 0) return true;
  await setStatus(crew, task.id, "IN_PROGRESS", { reason: "second verdicts" });
  const opened: Rework[] = [];
  for (const id of decided) opened.push(...(await decide(crew, { task, state }, id)));
  if (opened.length === 0) return true;
  await setStatus(crew, task.id, "PENDING", { reason: `waits for ${opened.map(({ id }) => id).join(", ")}` });
  return false;
}

/** What is to be done again before the review goes on: a rework of the task, or nothing. */
async function decide(crew: Crew, review: Review, id: string): Promise<Rework[]> {
  for (let round = 0; round < MAX_VERDICTS; round += 1) {
    const reworks = reworksOf(crew, review.task.id, id);
    const given = verdictsMarked(crew, review.task.id, markOf(id));
    const last = given.at(-1);
    if (last?.decision === "ACCEPT") return [];
    const open = [...review.state.open.values()].at(-1);
    if (open !== undefined) {
      await hand(crew, review, open.reason);
      continue;
    }
    // one verdict more than what came of them: it is the one to act on
    if (last === undefined || given.length <= reworks.length + review.state.remedies.length)
      await ask(crew, review, id);
    else if (reworks.length < MAX_REWORKS)
      return [openRework(crew, review.task, { of: id, by: last.by, feedback: last.feedback })];
    else await hand(crew, review, `${id} was rejected after ${MAX_REWORKS} reworks: ${last.feedback}`);
  }
  throw new TaskFailure(`no verdict on ${id} is final after ${MAX_VERDICTS} rounds`);
}

/** No spaces: what follows the mark in an outcome is the feedback. */
function markOf(id: string): string {
  return `decides:${id}`;
}

async function ask(crew: Crew, review: Review, id: string): Promise<void> {
  const workspace = await headWorkspace(crew);
  const asked = await askVerdict(crew, {
    task: review.task.id,
    agent: reviewerOf(crew, review.task, id),
    workspace,
    mark: markOf(id),
    prompt: () => promptFor(crew, review, { id, root: workspace.shownRoot }),
  });
  if (!asked.ok) await hand(crew, review, `no second verdict on ${id}: ${asked.error}`);
}

async function hand(crew: Crew, { task, state }: Review, reason: string): Promise<void> {
  await escalate(crew, { task, state, from: ownerOf(crew, task), reason, needs: "" });
}

/** The task's owner, where it may judge the other's author. */
function reviewerOf(crew: Crew, review: PlanTask, id: string): CrewAgent {
  const excluded = excludedFrom(crew, ownerOf(crew, taskOf(crew, id).task));
  const agents = [ownerOf(crew, review), review.owner].map((name) => crew.agents.get(name));
  const agent = agents.find((each) => each?.tier === "validation" && !excluded.includes(each.id));
  if (agent === undefined) throw new TaskFailure(`${ownerOf(crew, review)} may not judge ${id}`);
  return agent;
}

function promptFor(crew: Crew, { task }: Review, at: { id: string; root: string }): string {
  const decided = taskOf(crew, at.id).task;
  const row = crew.store.queries.task(crew.cycle, at.id);
  const reworks = reworksOf(crew, task.id, at.id);
  const before = reworks.map(({ id, feedback }) => {
    const { summary, changed } = crew.store.queries.task(crew.cycle, id) ?? { summary: "", changed: [] };
    return `${feedback}\n${id} says: ${summary}\n${id} changed: ${changed.join(", ")}`;
  });
  return secondVerdictPrompt({
    review: `${task.id} (${task.title})`,
    task: at.id,
    title: decided.title,
    request: requestOf(decided),
    summary: row?.summary ?? "",
    files: row?.changed ?? [],
    commands: loadTaskState(crew.store, crew.cycle, at.id).verified?.commands ?? [],
    before,
    root: at.root,
  });
}
