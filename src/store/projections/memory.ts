import type { Issue } from "../../schema/memory.js";
import { duplicateEvent } from "../faults.js";
import { indexDecision } from "../sql/index-decision.js";
import { indexIssueTrigrams } from "../sql/index-issue-trigrams.js";
import { indexIssueWords } from "../sql/index-issue-words.js";
import { insertDecision } from "../sql/insert-decision.js";
import { insertIssue } from "../sql/insert-issue.js";
import { putTrigger } from "../sql/put-trigger.js";
import { repeatIssue } from "../sql/repeat-issue.js";
import { jsonOf, keyOf, type Projector, type Projectors } from "./projector.js";

const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;
/** Identifiers of one error kept for search. */
const MAX_IDENTIFIERS = 200;

/** Words that look like names in code: with `_`, `$`, a digit or a capital inside. */
function identifiersOf(text: string): string {
  const names = (text.match(IDENTIFIER) ?? []).filter((word) => /[_$\d]|\p{Ll}\p{Lu}/u.test(word));
  return [...new Set(names)].slice(0, MAX_IDENTIFIERS).join(" ");
}

const recordDecision: Projector<"DECISION_RECORDED"> = (db, event) => {
  const { id, question, decision, rationale, project = null, supersedes = null } = event.payload;
  const words = { question, decision, rationale };
  const row = { ...keyOf(event), id, project, supersedes, ...words, record: jsonOf(event.payload), hlc: event.hlc };
  if (db.run(insertDecision, row) === 0) throw duplicateEvent("DECISION_RECORDED", id);
  db.run(indexDecision, [id]);
};

function solutionOf(issue: Issue): string | null {
  return issue.solution === undefined ? null : jsonOf(issue.solution);
}

const recordIssue: Projector<"ISSUE_RECORDED"> = (db, event) => {
  const { id, fingerprint, type, error, file = null } = event.payload;
  const seen = { ...keyOf(event), fingerprint, file, solution: solutionOf(event.payload), hlc: event.hlc };
  const resolved = event.payload.resolved ? 1 : 0;
  if (db.run(insertIssue, { ...seen, id, type, error, resolved, identifiers: identifiersOf(error) }) === 1) {
    db.run(indexIssueWords, [fingerprint]);
    db.run(indexIssueTrigrams, [fingerprint]);
  } else if (db.run(repeatIssue, { ...seen, resolved }) === 0) {
    throw duplicateEvent("ISSUE_RECORDED", id);
  }
};

/** `decisions`, `issues`, `triggers`. */
export const memoryProjectors: Projectors = {
  DECISION_RECORDED: recordDecision,
  ISSUE_RECORDED: recordIssue,
  TRIGGER_CREATED: (db, { payload: { name, kind, trigger }, seq }) => {
    db.run(putTrigger, { name, kind, record: jsonOf(trigger), seq });
  },
};
