import type { Connection } from "../connection.js";
import { listDecisions } from "../sql/list-decisions.js";
import { listIssues } from "../sql/list-issues.js";
import { listTaskDecisions } from "../sql/list-task-decisions.js";
import { listTriggers } from "../sql/list-triggers.js";
import { readDecision } from "../sql/read-decision.js";
import { readIssue } from "../sql/read-issue.js";
import { searchDecisions } from "../sql/search-decisions.js";
import { searchIssueTrigrams } from "../sql/search-issue-trigrams.js";
import { searchIssueWords } from "../sql/search-issue-words.js";

/** Questions about decisions, issues and triggers. */
export function createMemoryQueries(db: Connection) {
  return {
    /** A decision by its id. */
    decision: (id: string) => readDecision(db, id),
    /** Decisions nothing replaces, newest first; of a project, or of all when it is null. */
    decisions: (project: string | null, limit: number) => listDecisions(db, project, limit),
    /** Decisions about a task nothing replaces, newest first. */
    taskDecisions: (cycle: number, task: string, limit: number) => listTaskDecisions(db, cycle, task, limit),
    /** Decisions with the words of an FTS5 query, best first among the newest 500. */
    searchDecisions: (match: string, project: string | null, limit: number) =>
      searchDecisions(db, match, project, limit),
    /** An issue by its fingerprint. */
    issue: (fingerprint: string) => readIssue(db, fingerprint),
    /** Issues, last seen first; resolved ones (1), open ones (0) or both (null). */
    issues: (resolved: number | null, limit: number) => listIssues(db, resolved, limit),
    /** Issues with the words of an FTS5 query, best first among the newest 500. */
    searchIssueWords: (match: string, limit: number) => searchIssueWords(db, match, limit),
    /** Issues with parts of identifiers of an FTS5 query, best first among the newest 500. */
    searchIssueTrigrams: (match: string, limit: number) => searchIssueTrigrams(db, match, limit),
    /** Triggers as created, by name. */
    triggers: () => listTriggers(db),
  };
}
