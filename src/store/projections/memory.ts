import type { AnyEvent } from "../../schema/event.js";
import type { Issue } from "../../schema/memory.js";
import type { Connection } from "../connection.js";
import { duplicateEvent } from "../faults.js";
import { decisionWords, issueWords } from "../search-text.js";
import { countFix } from "../sql/count-fix.js";
import { dropFailure } from "../sql/drop-failure.js";
import { dropPin } from "../sql/drop-pin.js";
import { indexDecision } from "../sql/index-decision.js";
import { indexIssueTrigrams } from "../sql/index-issue-trigrams.js";
import { indexIssueWords } from "../sql/index-issue-words.js";
import { insertDecision } from "../sql/insert-decision.js";
import { insertIssue } from "../sql/insert-issue.js";
import { insertNote } from "../sql/insert-note.js";
import { putFailure } from "../sql/put-failure.js";
import { putPin } from "../sql/put-pin.js";
import { putTrigger } from "../sql/put-trigger.js";
import { repeatIssue } from "../sql/repeat-issue.js";
import { resolveIssue } from "../sql/resolve-issue.js";
import { setDecisionStatus } from "../sql/set-decision-status.js";
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
  const texts = { question, decision, rationale, words: decisionWords(event.payload) };
  const row = { ...keyOf(event), id, project, supersedes, ...texts, record: jsonOf(event.payload), hlc: event.hlc };
  if (db.run(insertDecision, row) === 0) throw duplicateEvent("DECISION_RECORDED", id);
  db.run(indexDecision, [id]);
};

function solutionOf(issue: Issue): string | null {
  return issue.solution === undefined ? null : jsonOf(issue.solution);
}

function failureOf(event: AnyEvent, issue: string, command: string): Record<string, string | number> {
  return { cycle: event.run, task: event.task ?? "-", command, issue, seq: event.seq };
}

const recordIssue: Projector<"ISSUE_RECORDED"> = (db, event) => {
  const { id, fingerprint, type, error, file = null, command, offered } = event.payload;
  const solution = solutionOf(event.payload);
  const solved = { resolved: event.payload.resolved ? 1 : 0, resolved_seq: solution === null ? null : event.seq };
  const seen = { ...keyOf(event), fingerprint, file, solution, ...solved, hlc: event.hlc };
  const texts = { type, error, words: issueWords(event.payload), identifiers: identifiersOf(error) };
  if (db.run(insertIssue, { ...seen, id, ...texts }) === 1) {
    db.run(indexIssueWords, [fingerprint]);
    db.run(indexIssueTrigrams, [fingerprint]);
  } else if (db.run(repeatIssue, seen) === 0) {
    throw duplicateEvent("ISSUE_RECORDED", id);
  }
  if (command !== undefined)
    db.run(putFailure, { ...failureOf(event, id, command), offered: offered === true ? 1 : 0 });
};

const closeIssue: Projector<"ISSUE_RESOLVED"> = (db, event) => {
  const { id, solution, command } = event.payload;
  db.run(resolveIssue, { id, solution: jsonOf(solution), seq: event.seq });
  if (command !== undefined) dropFailureOf(db, event, { issue: id, command });
};

const countOutcome: Projector<"FIX_OUTCOME"> = (db, event) => {
  const { id, worked, command } = event.payload;
  db.run(countFix, { id, worked: worked ? 1 : 0 });
  if (command === undefined) return;
  if (worked) dropFailureOf(db, event, { issue: id, command });
  else db.run(putFailure, { ...failureOf(event, id, command), offered: 2 });
};

function dropFailureOf(db: Connection, event: AnyEvent, { issue, command }: { issue: string; command: string }): void {
  db.run(dropFailure, { cycle: event.run, task: event.task ?? "-", command, issue });
}

/** `decisions`, `issues`, `failures`, `notes`, `pins`, `triggers`. */
export const memoryProjectors: Projectors = {
  DECISION_RECORDED: recordDecision,
  DECISION_STATUS_SET: (db, { payload: { id, status } }) => {
    db.run(setDecisionStatus, { id, status });
  },
  RECORD_PINNED: (db, { payload: { id, pinned }, seq }) => {
    if (pinned) db.run(putPin, { id, seq });
    else db.run(dropPin, { id });
  },
  ISSUE_RECORDED: recordIssue,
  ISSUE_RESOLVED: closeIssue,
  FIX_OUTCOME: countOutcome,
  NOTE_RECORDED: (db, event) => {
    const { text, paths = [] } = event.payload;
    const { actor, hlc } = event;
    db.run(insertNote, { ...keyOf(event), actor, text, paths: jsonOf(paths), hlc });
  },
  TRIGGER_CREATED: (db, { payload: { name, kind, trigger }, seq }) => {
    db.run(putTrigger, { name, kind, record: jsonOf(trigger), seq });
  },
};
