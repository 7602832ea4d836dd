import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Decision, decisionSchema } from "../schema/memory.js";
import type { Store } from "../store/store.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";
import { allWords, anyWord } from "./words.js";

/** Decisions one search answers with unless told otherwise. */
const DEFAULT_LIMIT = 20;

/**
 * Records a decision (S3:286-300). Refuses one whose fields do not fit, or whose id is taken;
 * `supersedes` names the decision it replaces.
 */
export function createDecision(store: Store, decision: Decision, author?: Author): Result<Decision, Fault> {
  const checked = decisionSchema.safeParse(decision);
  if (!checked.success)
    return err(invalid("INVALID_DECISION", `The decision is not valid: ${describeIssues(checked.error)}`));
  const { id, made_by, supersedes } = checked.data;
  return store.transaction(() => {
    if (store.queries.decision(id) !== undefined) {
      return err(
        invalid(
          "DECISION_EXISTS",
          `There is a decision ${id} already. Choose another id; name ${id} in \`supersedes\` to replace it.`,
        ),
      );
    }
    if (supersedes !== undefined && store.queries.decision(supersedes) === undefined) {
      return err(invalid("DECISION_UNKNOWN", `There is no decision ${supersedes} to replace.`));
    }
    recordEvent(store, author ?? { actor: made_by }, "DECISION_RECORDED", checked.data);
    return ok(checked.data);
  });
}

/**
 * Finds decisions by words, best first (S3:304-307): those with all words, else those with any.
 * Without words, the newest. Replaced ones are found too: a search asks for history.
 */
export function searchDecisions(store: Store, search: { query: string; project?: string; limit?: number }): Decision[] {
  const { query, project = null, limit = DEFAULT_LIMIT } = search;
  const all = allWords(query);
  const any = anyWord(query);
  if (all === undefined || any === undefined) return store.queries.decisions(project, limit).map((row) => row.record);
  const strict = store.queries.searchDecisions(all, project, limit);
  const found = strict.length > 0 ? strict : store.queries.searchDecisions(any, project, limit);
  return found.map((row) => row.record);
}
