import { newId } from "../kernel/ids.js";
import { fingerprintOf } from "../memory/fingerprint.js";
import type { Decision } from "../schema/memory.js";
import { toolInputSchemas } from "../schema/tool.js";
import type { CallRequest, ToolRun } from "./call-record.js";
import type { Crew } from "./context.js";
import { eventAt } from "./records.js";
import { assignTask, spawnAgent, terminateAgent } from "./spawn.js";
import { failed } from "./tool-run.js";

/** Hits a search gives a model. */
const MAX_HITS = 10;

type Handler = (crew: Crew, request: CallRequest) => ToolRun;

const HANDLERS: Readonly<Record<string, Handler>> = {
  raise_alert: raiseAlert,
  create_decision: createDecision,
  create_issue: createIssue,
  search_decisions: searchDecisions,
  search_issues: searchIssues,
  spawn_agent: (crew, request) => spawnAgent(crew, request),
  terminate_agent: (crew, request) => terminateAgent(crew, request),
  assign_task: (crew, request) => assignTask(crew, request),
};

/** Carries out a coordination tool: what it changes is events, recorded together with its result. */
export async function coordinate(crew: Crew, request: CallRequest): Promise<ToolRun> {
  const { tool } = request.proposal.what;
  const handler = HANDLERS[tool];
  return handler === undefined ? failed(`${tool} cannot be used here.`) : handler(crew, request);
}

function raiseAlert(_crew: Crew, request: CallRequest): ToolRun {
  const { severity, message } = toolInputSchemas.raise_alert.parse(request.proposal.what.args);
  const alert = eventAt(request.records, "ALERT", { severity, message, to: "executive" });
  return { content: "Alert raised.", is_error: false, events: [alert] };
}

function createDecision(crew: Crew, request: CallRequest): ToolRun {
  const input = toolInputSchemas.create_decision.parse(request.proposal.what.args);
  if (crew.store.queries.decision(input.id) !== undefined) return failed(`Decision ${input.id} exists already.`);
  const record: Decision = {
    ...input,
    made_by: request.proposal.who.agent,
    timestamp: crew.clock.nowMs(),
    project: crew.plan.project,
  };
  const event = eventAt({ ...request.records, stream: "project" }, "DECISION_RECORDED", record);
  return { content: `Decision ${input.id} recorded.`, is_error: false, events: [event] };
}

function createIssue(_crew: Crew, request: CallRequest): ToolRun {
  const { file, solution, ...rest } = toolInputSchemas.create_issue.parse(request.proposal.what.args);
  const fixed =
    solution === undefined
      ? {}
      : {
          solution: {
            fix: solution.fix,
            root_cause: solution.root_cause,
            ...(solution.patch === undefined ? {} : { patch: solution.patch }),
          },
        };
  const issue = { ...rest, ...(file === undefined ? {} : { file }), ...fixed };
  const fingerprint = fingerprintOf(issue.type, issue.error);
  const event = eventAt({ ...request.records, stream: "project" }, "ISSUE_RECORDED", {
    ...issue,
    id: newId("is"),
    fingerprint,
  });
  return { content: "Issue recorded.", is_error: false, events: [event] };
}

/** Every word quoted, so that operators and apostrophes are only text to FTS5. */
function quoteTerms(query: string): string {
  const words = query.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words
    .slice(0, 32)
    .map((word) => `"${word}"`)
    .join(" ");
}

function searchDecisions(crew: Crew, request: CallRequest): ToolRun {
  const { query } = toolInputSchemas.search_decisions.parse(request.proposal.what.args);
  const match = quoteTerms(query);
  const rows =
    match === ""
      ? crew.store.queries.decisions(null, MAX_HITS)
      : crew.store.queries.searchDecisions(match, null, MAX_HITS);
  return found(rows.map(({ record }) => record));
}

function searchIssues(crew: Crew, request: CallRequest): ToolRun {
  const { query } = toolInputSchemas.search_issues.parse(request.proposal.what.args);
  const match = quoteTerms(query);
  const rows =
    match === "" ? crew.store.queries.issues(null, MAX_HITS) : crew.store.queries.searchIssueWords(match, MAX_HITS);
  return found(rows.map(({ type, error, solution, resolved, count }) => ({ type, error, solution, resolved, count })));
}

function found(records: readonly object[]): ToolRun {
  return {
    content: records.length === 0 ? "Nothing found." : JSON.stringify(records, null, 1),
    is_error: false,
    events: [],
  };
}
