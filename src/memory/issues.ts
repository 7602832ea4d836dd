import { assert } from "../kernel/assert.js";
import { type Fault, invalid } from "../kernel/fault.js";
import { newId } from "../kernel/ids.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Issue, issueSchema, type Solution, solutionSchema } from "../schema/memory.js";
import { recordKeySchema, saidTextSchema } from "../schema/record-text.js";
import type { IssueRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import { fingerprintOf } from "./fingerprint.js";
import { matchPattern } from "./pattern-match.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";
import { rankIssues } from "./similar-issues.js";

/** Issues one search answers with unless told otherwise. */
const DEFAULT_LIMIT = 20;
const newSolutionSchema = solutionSchema.extend({ fix: saidTextSchema });
const newIssueSchema = issueSchema.extend({
  error: saidTextSchema,
  solution: newSolutionSchema.optional(),
  fingerprint: recordKeySchema.optional(),
});
/** Issues a pattern is tried on, last seen first. */
const MAX_SCANNED = 50_000;

/**
 * Records an error, with its fix when it is known (S3:316-328). The same error again (equal
 * fingerprint) counts up, and keeps a fix once known. An explicit fingerprint may be given.
 */
export function createIssue(
  store: Store,
  issue: NewIssue,
  author: Author = { actor: "user" },
): Result<IssueRow, Fault> {
  return store.transaction(() => {
    const checked = checkIssue(store, issue);
    if (!checked.ok) return checked;
    recordEvent(store, author, "ISSUE_RECORDED", checked.value);
    const row = store.queries.issue(checked.value.fingerprint);
    assert(row !== undefined, "an issue just recorded is there");
    return ok(row);
  });
}

/** An error to record. */
export type NewIssue = Issue & { fingerprint?: string };

/** Checks an error to be recorded, and gives it the id and fingerprint of the same error seen before, or new ones. */
export function checkIssue(store: Store, issue: NewIssue): Result<Issue & { id: string; fingerprint: string }, Fault> {
  const checked = newIssueSchema.safeParse(issue);
  if (!checked.success)
    return err(invalid("INVALID_ISSUE", `The issue is not valid: ${describeIssues(checked.error)}`));
  const { fingerprint: given, ...rest } = checked.data;
  const fingerprint = given ?? fingerprintOf(rest.type, rest.error);
  return ok({ ...rest, id: store.queries.issue(fingerprint)?.id ?? newId("is"), fingerprint });
}

/** Closes an issue with what got rid of it. The same solution again changes nothing but who said it last. */
export function resolveIssue(
  store: Store,
  input: { id: string; solution: Solution },
  author: Author = { actor: "user" },
): Result<IssueRow, Fault> {
  const checked = newSolutionSchema.safeParse(input.solution);
  if (!checked.success)
    return err(invalid("INVALID_ISSUE", `The solution is not valid: ${describeIssues(checked.error)}`));
  return changeIssue(store, input.id, () => {
    recordEvent(store, author, "ISSUE_RESOLVED", { id: input.id, solution: checked.data, by: author.actor });
  });
}

/** Records that an issue's known fix was applied, and whether it worked; fixes that work are offered first. */
export function recordFixOutcome(
  store: Store,
  input: { id: string; worked: boolean },
  author: Author = { actor: "user" },
): Result<IssueRow, Fault> {
  const solution = store.queries.issueById(input.id)?.solution;
  if (solution === undefined && store.queries.issueById(input.id) !== undefined)
    return err(invalid("NO_FIX", `The issue ${input.id} has no fix that could have been applied.`));
  return changeIssue(store, input.id, () => {
    recordEvent(store, author, "FIX_OUTCOME", { id: input.id, worked: input.worked, by: author.actor });
  });
}

function changeIssue(store: Store, id: string, change: () => void): Result<IssueRow, Fault> {
  return store.transaction(() => {
    if (store.queries.issueById(id) === undefined) return err(invalid("UNKNOWN_ISSUE", `There is no issue ${id}.`));
    change();
    const row = store.queries.issueById(id);
    assert(row !== undefined, "an issue stays");
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
