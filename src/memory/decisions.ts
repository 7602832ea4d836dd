import { z } from "zod";
import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Decision, type DecisionStatus, decisionSchema, decisionStatusSchema } from "../schema/memory.js";
import { recordKeySchema, recordTextSchema, saidTextSchema } from "../schema/record-text.js";
import type { DecisionRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";
import { searchTerms } from "./words.js";

const newDecisionSchema = decisionSchema.extend({ question: saidTextSchema, decision: saidTextSchema });
/** Decisions one search answers with unless told otherwise. */
const DEFAULT_LIMIT = 20;

/** A decision as found: whether it still stands, and what replaced it. */
export interface FoundDecision extends Omit<Decision, "status"> {
  status?: Decision["status"] | "superseded";
  superseded_by?: string;
}

/** Checks a decision to be recorded: its members fit, its id is free, what it replaces is there and stands. */
export function checkDecision(store: Store, decision: Decision): Result<Decision, Fault> {
  const checked = newDecisionSchema.safeParse(decision);
  if (!checked.success)
    return err(invalid("INVALID_DECISION", `The decision is not valid: ${describeIssues(checked.error)}`));
  const { id, supersedes } = checked.data;
  const taken = store.queries.decision(id) !== undefined;
  const problem = taken
    ? invalid(
        "DECISION_EXISTS",
        `There is a decision ${id} already. Choose another id; name ${id} in \`supersedes\` to replace it.`,
      )
    : supersessionProblem(store, supersedes);
  return problem === undefined ? ok(checked.data) : err(problem);
}

function supersessionProblem(store: Store, supersedes: string | undefined): Fault | undefined {
  if (supersedes === undefined) return undefined;
  if (store.queries.decision(supersedes) === undefined)
    return invalid("DECISION_UNKNOWN", `There is no decision ${supersedes} to replace.`);
  const later = store.queries.superseded([supersedes]).get(supersedes);
  if (later === undefined) return undefined;
  return invalid("DECISION_SUPERSEDED", `${later} replaced the decision ${supersedes} already. Replace ${later}.`);
}

/** Records a decision (S3:286-300). Refuses one that `checkDecision` refuses; then nothing is stored. */
export function createDecision(store: Store, decision: Decision, author?: Author): Result<Decision, Fault> {
  return store.transaction(() => {
    const checked = checkDecision(store, decision);
    if (checked.ok) recordEvent(store, author ?? { actor: checked.value.made_by }, "DECISION_RECORDED", checked.value);
    return checked;
  });
}

const statusChangeSchema = z.object({
  id: recordKeySchema,
  status: decisionStatusSchema,
  reason: recordTextSchema.default(""),
});

/**
 * Changes how a decision stands: a proposed one is accepted or rejected, an accepted one deprecated. What it says stays as it
 * was recorded; the log keeps who changed it and why. Refuses one that is not there or that another one replaced.
 */
export function setDecisionStatus(
  store: Store,
  change: { id: string; status: DecisionStatus; reason?: string },
  author: Author = { actor: "user" },
): Result<FoundDecision, Fault> {
  const checked = statusChangeSchema.safeParse(change);
  if (!checked.success)
    return err(invalid("INVALID_DECISION", `The change is not valid: ${describeIssues(checked.error)}`));
  const { id, status, reason } = checked.data;
  return store.transaction(() => {
    const row = store.queries.decision(id);
    if (row === undefined) return err(invalid("DECISION_UNKNOWN", `There is no decision ${id}.`));
    const later = store.queries.superseded([id]).get(id);
    if (later !== undefined)
      return err(invalid("DECISION_SUPERSEDED", `${later} replaced the decision ${id}: change that one.`));
    if ((row.record.status ?? "accepted") !== status)
      recordEvent(store, author, "DECISION_STATUS_SET", { id, status, reason, by: author.actor });
    return ok({ ...row.record, status });
  });
}

/**
 * Finds decisions by words, best first (S3:304-307): those with all words, else those with any.
 * Without words, the newest. Replaced ones are found too: a search asks for history.
 */
export function searchDecisions(
  store: Store,
  search: { query: string; project?: string; limit?: number },
): FoundDecision[] {
  const { query, project = null, limit = DEFAULT_LIMIT } = search;
  const terms = searchTerms(query);
  if (terms.length === 0) return withStanding(store, store.queries.decisions(project, limit));
  return withStanding(store, store.queries.searchDecisions({ terms, all: true, project, limit }));
}

/** Says of each decision that something replaced it where something did. */
function withStanding(store: Store, rows: readonly DecisionRow[]): FoundDecision[] {
  const replaced = store.queries.superseded(rows.map(({ record }) => record.id));
  return rows.map(({ record }) => {
    const later = replaced.get(record.id);
    return later === undefined ? record : { ...record, status: "superseded", superseded_by: later };
  });
}
