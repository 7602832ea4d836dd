import { z } from "zod";
import { type Fault, invalid } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { describeIssues } from "../problems.js";
import type { ImportedTask } from "./imported.js";

const idSchema = z.union([z.int(), z.string().min(1)]);
const subtaskSchema = z.object({
  id: idSchema,
  title: z.string().min(1),
  description: z.string().default(""),
  details: z.string().default(""),
  status: z.string().default("pending"),
  dependencies: z.array(idSchema).default([]),
});
const taskSchema = subtaskSchema.extend({ subtasks: z.array(subtaskSchema).default([]) });
const listSchema = z.object({ tasks: z.array(taskSchema).max(10_000) });
type Listed = z.infer<typeof taskSchema>;
type Subtask = z.infer<typeof subtaskSchema>;

const STATUSES: Readonly<Record<string, ImportedTask["status"]>> = {
  done: "done",
  completed: "done",
  cancelled: "cancelled",
  deferred: "blocked",
  blocked: "blocked",
};

/** Reads task-master's `tasks.json`, with tags (each tag's tasks under its name, `master` under none) or without. */
export function readTaskMaster(text: string): Result<ImportedTask[], Fault> {
  const value = parse(text);
  if (value === undefined) return err(invalid("IMPORT_INVALID", "tasks.json is not JSON."));
  const plain = listSchema.safeParse(value);
  if (plain.success) return ok(plain.data.tasks.flatMap((task) => tasksOf(task, "")));
  const tagged = z.record(z.string(), listSchema).safeParse(value);
  if (!tagged.success)
    return err(invalid("IMPORT_INVALID", `tasks.json is not task-master's: ${describeIssues(tagged.error)}`));
  const lists = Object.entries(tagged.data);
  return ok(
    lists.flatMap(([tag, { tasks }]) => tasks.flatMap((task) => tasksOf(task, tag === "master" ? "" : `${tag}-`))),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A task and its subtasks; a task is done after its subtasks, which are `<task>.<subtask>`. */
function tasksOf(task: Listed, prefix: string): ImportedTask[] {
  const id = `${prefix}${task.id}`;
  const subtasks = task.subtasks.map((each) => {
    const needs = each.dependencies.map((need) => (String(need).includes(".") ? `${prefix}${need}` : `${id}.${need}`));
    return taskOf(each, `${id}.${each.id}`, needs);
  });
  const needs = [...task.dependencies.map((need) => `${prefix}${need}`), ...subtasks.map((each) => each.id)];
  return [...subtasks, taskOf(task, id, needs)];
}

function taskOf(task: Subtask, id: string, needs: string[]): ImportedTask {
  const details = [task.description, task.details].filter((part) => part.trim() !== "").join("\n");
  const status = STATUSES[task.status] ?? "open";
  return { id, title: task.title, needs, status, ...(details === "" ? {} : { details }) };
}
