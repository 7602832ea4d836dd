import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type WorknodeRecord, worknodeRecordSchema } from "../schema/memory.js";
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
export function registerWorknode(store: Store, record: WorknodeRecord): Result<WorknodeRecord, Fault> {
  const checked = worknodeRecordSchema.safeParse(record);
  if (!checked.success)
    return err(invalid("INVALID_WORKNODE", `The record is not valid: ${describeIssues(checked.error)}`));
  recordEvent(store, { actor: record.id }, "AGENT_UPDATED", { agent: checked.data });
  return ok(checked.data);
}

/** Changes the caller's own record. `self` is who asks, as known from its capability, never from its input. */
export function updateSelf(store: Store, self: string, update: SelfUpdate): Result<WorknodeRecord, Fault> {
  const { id, ...changes } = update;
  if (id !== undefined && id !== self) {
    return err(invalid("NOT_SELF", `${self} may change only its own record, not that of ${id}.`));
  }
  const unknown = Object.keys(update).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) return err(invalid("INVALID_WORKNODE", `updateSelf cannot change ${unknown}.`));
  return store.transaction(() => {
    const known = store.queries.worknode(self);
    if (known === undefined) return err(invalid("UNKNOWN_WORKNODE", `Nobody is registered as ${self}.`));
    return registerWorknode(store, { ...known, ...changes });
  });
}
