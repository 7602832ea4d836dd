import type { Connection } from "../connection.js";
import type { Relevance } from "../memory-rows.js";
import { listDecisions } from "../sql/list-decisions.js";
import { listFailures } from "../sql/list-failures.js";
import { listIssues } from "../sql/list-issues.js";
import { listNotes } from "../sql/list-notes.js";
import { listPins } from "../sql/list-pins.js";
import { listRelevantDecisions } from "../sql/list-relevant-decisions.js";
import { listRelevantFixes } from "../sql/list-relevant-fixes.js";
import { listRepeatedIssues } from "../sql/list-repeated-issues.js";
import { listSuperseded } from "../sql/list-superseded.js";
import { listTaskDecisions } from "../sql/list-task-decisions.js";
import { listTriggers } from "../sql/list-triggers.js";
import { readDecision } from "../sql/read-decision.js";
import { readIssue } from "../sql/read-issue.js";
import { readIssueById } from "../sql/read-issue-by-id.js";
import { readNote } from "../sql/read-note.js";
import { type DecisionSearch, searchDecisions } from "../sql/search-decisions.js";
import { searchIssueTrigrams, searchIssueWords } from "../sql/search-issues.js";

/** Questions about decisions, issues and triggers. */
export function createMemoryQueries(db: Connection) {
  return {
    /** A decision by its id. */
    decision: (id: string) => readDecision(db, id),
    /** Decisions nothing replaces, newest first; of a project, or of all when it is null. */
    decisions: (project: string | null, limit: number) => listDecisions(db, project, limit),
    /** Decisions about a task nothing replaces, newest first. */
    taskDecisions: (cycle: number, task: string, limit: number) => listTaskDecisions(db, cycle, task, limit),
    /** Which of some decisions are replaced, each with the newest that replaces it. */
    superseded: (ids: readonly string[]) => listSuperseded(db, ids),
    /** Decisions with some words, best first among the newest with each. */
    searchDecisions: (search: DecisionSearch) => searchDecisions(db, search),
    /** Decisions nothing replaces that matter to a task, in no order. */
    relevantDecisions: (to: Relevance) => listRelevantDecisions(db, to),
    /** Fixes that matter to a task, in no order. */
    relevantFixes: (to: Omit<Relevance, "cycle" | "task">) => listRelevantFixes(db, to),
    /** An issue by its fingerprint. */
    issue: (fingerprint: string) => readIssue(db, fingerprint),
    /** An issue by its id. */
    issueById: (id: string) => readIssueById(db, id),
    /** Issues a command of a task ended with and has not got past since, oldest first. */
    failures: (cycle: number, task: string | null, command: string) => listFailures(db, cycle, task, command),
    /** Issues, last seen first; resolved ones (1), open ones (0) or both (null). */
    issues: (resolved: number | null, limit: number) => listIssues(db, resolved, limit),
    /** Issues with any of some words (FTS5 phrases), best first among the newest with each. */
    searchIssueWords: (terms: readonly string[], limit: number) => searchIssueWords(db, terms, limit),
    /** Issues with any of some parts of identifiers, best first among the newest with each. */
    searchIssueTrigrams: (terms: readonly string[], limit: number) => searchIssueTrigrams(db, terms, limit),
    /** Errors without a fix that came more than once, the most frequent first. */
    repeatedIssues: (limit: number) => listRepeatedIssues(db, limit),
    /** Notes, newest first. */
    notes: (limit: number) => listNotes(db, limit),
    /** A note by the event that recorded it. */
    note: (seq: number) => readNote(db, seq),
    /** Ids of pinned decisions, issues and notes, first pinned first. */
    pins: () => listPins(db),
    /** Triggers as created, by name. */
    triggers: () => listTriggers(db),
  };
}
