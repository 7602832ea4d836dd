import { assert } from "../kernel/assert.js";
import { type Fault, invalid } from "../kernel/fault.js";
import { newId } from "../kernel/ids.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Issue, issueSchema } from "../schema/memory.js";
import type { IssueRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import { fingerprintOf } from "./fingerprint.js";
import { matchPattern } from "./pattern-match.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";
import { rankIssues } from "./similar-issues.js";

/** Issues one search answers with unless told otherwise. */
const DEFAULT_LIMIT = 20;
/** Issues a pattern is tried on, last seen first. */
const MAX_SCANNED = 50_000;

/**
 * Records an error, with its fix when it is known (S3:316-328). The same error again (equal
 * fingerprint) counts up, and keeps a fix once known. An explicit fingerprint may be given.
 */
export function createIssue(
  store: Store,
  issue: Issue & { fingerprint?: string },
  author: Author = { actor: "user" },
): Result<IssueRow, Fault> {
  const checked = issueSchema.safeParse(issue);
  if (!checked.success)
    return err(invalid("INVALID_ISSUE", `The issue is not valid: ${describeIssues(checked.error)}`));
  const fingerprint = issue.fingerprint ?? fingerprintOf(issue.type, issue.error);
  return store.transaction(() => {
    const id = store.queries.issue(fingerprint)?.id ?? newId("is");
    recordEvent(store, author, "ISSUE_RECORDED", { ...checked.data, id, fingerprint });
    const row = store.queries.issue(fingerprint);
    assert(row !== undefined, "an issue just recorded is there");
    return ok(row);
  });
}

/** What to look for: a pattern over the error texts (S3:331-335), or words like those of an error. */
export interface IssueSearch {
  error_pattern?: RegExp;
  query?: string;
  type?: string;
  file?: string;
  resolved?: boolean;
  limit?: number;
}

/** Finds issues: by pattern, last seen first; else like an error text, best first; else the last seen. */
export async function searchIssues(store: Store, search: IssueSearch): Promise<Result<IssueRow[], Fault>> {
  const limit = search.limit ?? DEFAULT_LIMIT;
  const { error_pattern, query = "", resolved } = search;
  if (error_pattern !== undefined) return searchByPattern(store, error_pattern, { resolved, limit });
  if (query.trim() !== "") {
    const found = rankIssues(store, { ...search, error: query });
    return ok(found.filter((row) => resolved === undefined || row.resolved === resolved).slice(0, limit));
  }
  return ok(store.queries.issues(flag(resolved), limit));
}

async function searchByPattern(
  store: Store,
  pattern: RegExp,
  options: { resolved: boolean | undefined; limit: number },
): Promise<Result<IssueRow[], Fault>> {
  const rows = store.queries.issues(flag(options.resolved), MAX_SCANNED);
  const hits = await matchPattern(
    pattern,
    rows.map((row) => row.error),
  );
  if (!hits.ok) return hits;
  const found = hits.value.flatMap((index) => rows[index] ?? []);
  return ok(found.slice(0, options.limit));
}

function flag(resolved: boolean | undefined): number | null {
  if (resolved === undefined) return null;
  return resolved ? 1 : 0;
}
