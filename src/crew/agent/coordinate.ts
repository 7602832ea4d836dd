import { defined } from "../../kernel/defined.js";
import { checkDecision, searchDecisions as findDecisions } from "../../memory/decisions.js";
import { checkIssue } from "../../memory/issues.js";
import { rankIssues } from "../../memory/similar-issues.js";
import { toolInputSchemas } from "../../schema/tool.js";
import type { IssueRow } from "../../store/memory-rows.js";
import type { CallRequest, ToolRun } from "../call/call-record.js";
import type { Crew } from "../state/context.js";
import { eventAt } from "../state/records.js";
import { failed } from "../state/tool-run.js";
import { assignTask, spawnAgent } from "./spawn.js";
import { terminateAgent } from "./terminate.js";

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
  const made = { made_by: request.proposal.who.agent, timestamp: crew.clock.nowMs(), project: crew.plan.project };
  const checked = checkDecision(crew.store, defined({ ...input, ...made }));
  if (!checked.ok) return failed(checked.error.message);
  const event = eventAt({ ...request.records, stream: "project" }, "DECISION_RECORDED", checked.value);
  return { content: `Decision ${input.id} recorded.`, is_error: false, events: [event] };
}

function createIssue(crew: Crew, request: CallRequest): ToolRun {
  const input = toolInputSchemas.create_issue.parse(request.proposal.what.args);
  const checked = checkIssue(crew.store, defined({ ...input, solution: input.solution && defined(input.solution) }));
  if (!checked.ok) return failed(checked.error.message);
  const event = eventAt({ ...request.records, stream: "project" }, "ISSUE_RECORDED", checked.value);
  return { content: `Issue ${checked.value.id} recorded.`, is_error: false, events: [event] };
}

function searchDecisions(crew: Crew, request: CallRequest): ToolRun {
  const { query } = toolInputSchemas.search_decisions.parse(request.proposal.what.args);
  return found(findDecisions(crew.store, { query, limit: MAX_HITS }));
}

function searchIssues(crew: Crew, request: CallRequest): ToolRun {
  const { query } = toolInputSchemas.search_issues.parse(request.proposal.what.args);
  const rows =
    query.trim() === ""
      ? crew.store.queries.issues(null, MAX_HITS)
      : rankIssues(crew.store, { error: query }).slice(0, MAX_HITS);
  return found(rows.map(describeIssue));
}

function describeIssue({ id, type, error, solution, resolved, count, applied, worked }: IssueRow): object {
  return { id, type, error, solution, resolved, count, applied, worked };
}

function found(records: readonly object[]): ToolRun {
  return {
    content: records.length === 0 ? "Nothing found." : JSON.stringify(records, null, 1),
    is_error: false,
    events: [],
  };
}
