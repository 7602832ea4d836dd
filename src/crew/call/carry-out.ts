import type { HostAttempt } from "../../dispatch/dispatch.js";
import type { Prepared } from "../../effect/keep/prepared.js";
import { globTool } from "../../effect/tool/glob-tool.js";
import { grepTool } from "../../effect/tool/grep-tool.js";
import { readFileTool } from "../../effect/tool/read-tool.js";
import type { Judgement } from "../../gate/facts.js";
import type { Permit } from "../../gate/permit.js";
import { InvariantError } from "../../kernel/assert.js";
import { Fault } from "../../kernel/fault.js";
import { coordinate } from "../agent/coordinate.js";
import type { Crew } from "../state/context.js";
import { stopIfLost } from "../state/lost-place.js";
import { type CallRequest, type CarriedOut, clip, recordCall, resultEvent, type ToolRun } from "./call-record.js";
import { runCommand } from "./command-call.js";
import { keepAllowed } from "./write-call.js";

/** An approved call on its way to its effect. */
export interface Approved extends Pick<HostAttempt, "permit" | "keeps"> {
  readonly judgement: Judgement;
  /** What a structured write would change. */
  readonly prepared: Prepared | undefined;
  /** Whether the verdict on record holds what is to be kept. */
  readonly logged: boolean;
}

/**
 * Carries out an approved call and records what came of it; for dispatch alone. A fault of the effect is told to the
 * caller as the call's result; faults of the store and broken invariants are thrown.
 */
export async function carryOut(crew: Crew, request: CallRequest, approved: Approved): Promise<CarriedOut> {
  const { permit, prepared } = approved;
  try {
    if (prepared !== undefined)
      return await keepAllowed(crew, request, { ...approved, prepared, content: doneText(request, prepared) });
    if (request.proposal.what.tool === "Bash") return await runCommand(crew, request, approved);
    const result = await runTool(crew, request, permit);
    await recordCall(request, [...result.events, resultEvent(request, result, "nothing to retry")]);
    const denials = result.denial === undefined ? [] : [result.denial];
    return { content: clip(result.content), isError: result.is_error, effects: undefined, denials };
  } catch (thrown) {
    stopIfLost(request.place.workspace);
    if (!(thrown instanceof Fault) || thrown instanceof InvariantError || endsSession(thrown)) throw thrown;
    const content = `The call failed (${thrown.code}): ${thrown.message}`;
    await request.append([resultEvent(request, { content, is_error: true }, thrown.retry)]);
    return { content, isError: true, effects: undefined, fault: thrown.exitCode };
  }
}

/** What no agent can answer: the log cannot be written, or a call is kept in part until recovery keeps the rest. */
function endsSession({ code }: Fault): boolean {
  return code.startsWith("STORE_") || code === "KEEP_TORN";
}

function doneText({ proposal }: CallRequest, { changes }: Prepared): string {
  return `${proposal.what.tool} done: ${changes.map(({ path }) => path).join(", ")}`;
}

async function runTool(crew: Crew, request: CallRequest, permit: Permit): Promise<ToolRun> {
  const { tool, args } = request.proposal.what;
  const workspace = request.place.workspace;
  const call = { callId: request.proposal.call_id, args: args as never };
  const look = { Read: readFileTool, Glob: globTool, Grep: grepTool }[tool];
  if (look === undefined) return await coordinate(crew, request);
  if (workspace === undefined) return { content: "There is no workspace to look at.", is_error: true, events: [] };
  return { ...(await look(permit, workspace, call)), events: [] };
}
