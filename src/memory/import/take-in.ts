import type { Fault } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { Decision } from "../../schema/memory.js";
import type { Store } from "../../store/store.js";
import { createDecision } from "../decisions.js";
import { createNote } from "../notes.js";
import { OUTSIDE_CYCLES } from "../outside-cycles.js";
import { addTask } from "../own-tasks.js";
import { type Author, newEvent } from "../record.js";
import type { Imported, ImportedTask } from "./imported.js";

/** What an import added, and what was there already. */
export interface ImportReport {
  tasks: number;
  decisions: number;
  /** Ids that were there already and were left as they are. */
  known: string[];
}

/** Adds what another tool wrote down, whole or not at all: tasks outside plans, and decisions. Twice changes nothing. */
export function takeIn(store: Store, imported: Imported, by: string): Result<ImportReport, Fault> {
  const report: ImportReport = { tasks: 0, decisions: 0, known: [] };
  const known = new Set(imported.tasks.map(({ id }) => id));
  let fault: Fault | undefined;
  try {
    store.transaction(() => {
      for (const { needs = [], ...task } of imported.tasks) {
        const kept = { ...task, needs: needs.filter((need) => known.has(need)) };
        fault ??= addImported(store, kept, { by, report });
      }
      for (const decision of imported.decisions) fault ??= addDecision(store, decision, { by, report });
      if (fault !== undefined) throw fault;
    });
  } catch (thrown) {
    if (fault === undefined || thrown !== fault) throw thrown;
    return err(fault);
  }
  return ok(report);
}

interface Taking {
  by: string;
  report: ImportReport;
}

function addDecision(store: Store, decision: Decision, { by, report }: Taking): Fault | undefined {
  if (store.queries.decision(decision.id) === undefined)
    return faultOf(createDecision(store, decision, { actor: by }), () => (report.decisions += 1));
  report.known.push(decision.id);
  return undefined;
}

function faultOf(result: Result<unknown, Fault>, done: () => void): Fault | undefined {
  if (!result.ok) return result.error;
  done();
  return undefined;
}

function addImported(
  store: Store,
  { status, details, ...task }: ImportedTask,
  { by, report }: Taking,
): Fault | undefined {
  if (store.queries.task(OUTSIDE_CYCLES, task.id) !== undefined) {
    report.known.push(task.id);
    return undefined;
  }
  const author = { actor: by, cycle: OUTSIDE_CYCLES, task: task.id };
  const fault = faultOf(addTask(store, task, by), () => (report.tasks += 1));
  if (fault !== undefined) return fault;
  if (details !== undefined && status === "open") createNote(store, { text: details.slice(0, 100_000) }, author);
  const end = endOf(author, status);
  if (end !== undefined) store.append([end]);
  return undefined;
}

function endOf(author: Author, status: ImportedTask["status"]): AnyNewEvent | undefined {
  if (status === "open") return undefined;
  if (status === "blocked")
    return newEvent(author, "TASK_STATUS", { status: "BLOCKED", reason: "put off where it was imported from" });
  if (status === "cancelled") return newEvent(author, "TASK_STATUS", { status: "SKIPPED", reason: "cancelled" });
  const nothing = { commit: null, outputs: {}, attempts: 1, files: [], waivers: [] };
  return newEvent(author, "EVENT_TASK_COMPLETED", { ...nothing, summary: "done before it was imported" });
}
