import type { ToolRun } from "../call/call-record.js";
import { type Crew, ownerOf, taskOf } from "./context.js";

/** An ordinary error result without events. */
export function failed(content: string): ToolRun {
  return { content, is_error: true, events: [] };
}

/** A task's owner, for messages; undefined when the plan has no such task. */
export function knownOwner(crew: Crew, task: string): string | undefined {
  return crew.tasks.has(task) ? ownerOf(crew, taskOf(crew, task).task) : undefined;
}
