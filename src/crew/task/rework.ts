import type { AnyNewEvent, EventPayload } from "../../schema/event.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { eventAt, taskStream } from "../state/records.js";

/** A task that does another again, as recorded. */
export type Rework = EventPayload<"REWORK_OPENED">;

/** Reworks a review task opened of one it decides on, oldest first. */
export function reworksOf(crew: Crew, review: string, of: string): Rework[] {
  const opened = crew.store.events({ stream: taskStream(crew.cycle, review), type: "REWORK_OPENED" });
  return opened.flatMap((event) => (event.type === "REWORK_OPENED" && event.payload.of === of ? [event.payload] : []));
}

/**
 * Opens a task that does another one again as the feedback says: the same owner, files, limits and verification, in the
 * review task's phase, which is active. The review task needs it from now on.
 */
export function openRework(crew: Crew, review: PlanTask, what: { of: string; by: string; feedback: string }): Rework {
  const { task } = taskOf(crew, what.of);
  const rework: Rework = {
    ...what,
    cycle: crew.cycle,
    id: freeId(crew, task.id),
    number: reworksOf(crew, review.id, task.id).length + 1,
    title: `Rework: ${task.title}`,
    phase: taskOf(crew, review.id).phase,
    owner: plannedOwner(crew, task),
    estimate: task.estimate,
    needs: [task.id],
    files: [...task.files.write],
  };
  const place = { stream: taskStream(crew.cycle, review.id), actor: what.by, run: crew.cycle, task: review.id };
  crew.store.append([eventAt(place, "REWORK_OPENED", rework), ...handedTo(crew, ownerOf(crew, task), rework)]);
  addTask(crew, review, rework);
  return rework;
}

/** Whose a rework is where nobody spawned does it: one that was spawned may be ended, and its task must be somebody's then. */
function plannedOwner(crew: Crew, task: PlanTask): string {
  const owner = ownerOf(crew, task);
  return crew.agents.get(owner)?.parent === null ? owner : task.owner;
}

/** A spawned agent that did a task does it again. */
function handedTo(crew: Crew, assignee: string, { id, owner, by }: Rework): AnyNewEvent[] {
  if (assignee === owner || !crew.agents.has(assignee)) return [];
  crew.assigned.set(id, assignee);
  const place = { stream: taskStream(crew.cycle, id), actor: by, run: crew.cycle, task: id };
  return [eventAt(place, "TASK_ASSIGNED", { assignee, by })];
}

/** Reworks that earlier sessions opened are tasks of the cycle again. */
export function recallReworks(crew: Crew): void {
  for (const event of crew.store.events({ run: crew.cycle, type: "REWORK_OPENED" }))
    if (event.type === "REWORK_OPENED" && event.task !== null)
      addTask(crew, taskOf(crew, event.task).task, event.payload);
}

function freeId(crew: Crew, of: string): string {
  const taken = [...crew.tasks.keys()].filter((id) => id.startsWith(`${of}-rework-`)).length;
  return `${of}-rework-${taken + 1}`;
}

function addTask(crew: Crew, review: PlanTask, rework: Rework): void {
  const { task } = taskOf(crew, rework.of);
  const { id, title, owner, needs, phase, by, feedback, files } = rework;
  const { limits, retry, verify, estimate } = task;
  const again: PlanTask = {
    id,
    title,
    description: `Task ${rework.of} (${task.title}) is done and merged. ${by} looked at it again and rejected it. Do what the feedback says:\n\n${feedback}\n\nWhat was asked of ${rework.of}:\n${requestOf(task)}`,
    owner,
    needs: [...needs],
    estimate,
    deadline: null,
    files: { write: [...files], read: task.files.read },
    with: {},
    outputs: {},
    limits,
    steps: [],
    decides: [],
    ...(retry === undefined ? {} : { retry }),
    ...(verify === undefined ? {} : { verify }),
  };
  crew.tasks.set(id, { task: again, phase, of: rework.of });
  crew.plan.phases.find((each) => each.id === phase)?.tasks.push(again);
  review.needs.push(id);
}

/** What a task asks for, in the plan's words. */
export function requestOf({ title, description, steps }: PlanTask): string {
  const asked = steps.flatMap((step) => (step.kind === "agent" ? [step.request] : []));
  return [title, ...(description === undefined ? [] : [description]), ...asked].join("\n");
}
