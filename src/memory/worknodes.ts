import { DEFAULT_MEMORY_TOKENS } from "../kernel/bounds.js";
import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type WorknodeInput, type WorknodeRecord, worknodeRecordSchema } from "../schema/memory.js";
import type { Store } from "../store/store.js";
import { describeIssues } from "./problems.js";
import { recordEvent } from "./record.js";

/** What an agent or a person may say about itself (S3:198-203). */
export interface SelfUpdate {
  /** Only the caller's own id; another's is refused. */
  id?: string;
  current_task?: string | null;
  files_open?: string[];
  context_items?: string[];
  blockers?: string[];
}

const MEMBERS = new Set(["id", "current_task", "files_open", "context_items", "blockers"]);

/** Registers an agent or a person as a Worknode (S3:180-193, 420). A known id keeps its record as given now. */
export function registerWorknode(store: Store, record: WorknodeInput): Result<WorknodeRecord, Fault> {
  const checked = worknodeRecordSchema.safeParse(record);
  if (!checked.success)
    return err(invalid("INVALID_WORKNODE", `The record is not valid: ${describeIssues(checked.error)}`));
  recordEvent(store, { actor: checked.data.id }, "AGENT_UPDATED", { agent: checked.data });
  return ok(checked.data);
}

/** A record for somebody who says something about itself before registering. */
function newRecord(store: Store, id: string): WorknodeInput {
  const nothing = { capabilities: [], current_project: null, current_task: null, context_loaded: false };
  const times = { session_start: store.clock.nowMs(), memory_budget: DEFAULT_MEMORY_TOKENS };
  return { id, type: "AI_AGENT", name: id, ...nothing, ...times, status: "ACTIVE" };
}

/**
 * Changes the caller's own record, making one where it has none. `self` is who asks, as known from its
 * capability, never from its input.
 */
export function updateSelf(store: Store, self: string, update: SelfUpdate): Result<WorknodeRecord, Fault> {
  const { id, ...changes } = update;
  if (id !== undefined && id !== self) {
    return err(invalid("NOT_SELF", `${self} may change only its own record, not that of ${id}.`));
  }
  const unknown = Object.keys(update).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) return err(invalid("INVALID_WORKNODE", `updateSelf cannot change ${unknown}.`));
  return store.transaction(() => {
    const known = store.queries.worknode(self) ?? newRecord(store, self);
    return registerWorknode(store, { ...known, ...changes });
  });
}
