import { finishLogged, type LoggedWrite, loggableText, restoreLogged } from "../../effect/keep/keep-logged.js";
import type { Prepared } from "../../effect/keep/prepared.js";
import { currentBoot } from "../../effect/lock/boot.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import type { AnyEvent, EventPayload } from "../../schema/event.js";
import type { Crew } from "../state/context.js";
import { eventAt, taskStream } from "../state/records.js";
import type { CallRequest } from "./call-record.js";

/** What a verdict says of a write whose journal is the log. */
export type Intent = NonNullable<EventPayload<"VERDICT">["keeps"]>;

/**
 * What the verdict of a write is to record before anything is done, when its proposal holds the whole content: undefined for
 * every other call, whose journal is a file, and where nothing is to be kept.
 */
export function intentOf(crew: Crew, request: CallRequest, prepared: Prepared | undefined): Intent | undefined {
  const boot = currentBoot();
  if (prepared === undefined || request.dryRun === true || crew.mode !== "enforced" || boot === undefined)
    return undefined;
  if (request.proposal.what.tool !== "Write" || loggableText(prepared.changes) === undefined) return undefined;
  const changes = prepared.changes.map(({ path, kind, before, after }) => ({ path, kind, before, after }));
  return { boot, tool_use_id: request.toolUseId, changes };
}

/**
 * Recovers the writes of a task whose journal is the log: one that was interrupted before its record is finished and answered
 * to `record`; and where the machine went down since a write was kept, its file is made to hold again what was kept.
 */
export async function recoverLogged(
  crew: Crew,
  workspace: TaskWorkspace,
  record: (call: { callId: string; changes: Intent["changes"]; result: unknown }) => void,
): Promise<void> {
  for (const { call_id: callId, task, tool } of crew.store.queries.unknownCalls(crew.cycle)) {
    const found = task === workspace.task && tool === "Write" ? readWrite(crew, callId) : undefined;
    if (found === undefined || (await finishLogged(workspace, found.write)) === "untouched") continue;
    const { changes, tool_use_id } = found.intent;
    record({ callId, changes, result: { content: `Write done: ${found.write.change.path}`, tool_use_id } });
  }
  await restoreKept(crew, workspace);
}

async function restoreKept(crew: Crew, workspace: TaskWorkspace): Promise<void> {
  for (const callId of lastKept(crew, workspace.task)) {
    const found = readWrite(crew, callId);
    if (found === undefined || found.intent.boot === currentBoot()) continue;
    if (await restoreLogged(workspace, found.write)) tellRestored(crew, workspace.task, found.write.change.path);
  }
}

/** The write of a call as the log has it; undefined for a call whose journal was a file. */
function readWrite(crew: Crew, callId: string): { intent: Intent; write: LoggedWrite } | undefined {
  const events = crew.store.events({ execution: callId, type: ["PROPOSAL", "VERDICT"] });
  const intent = events.flatMap((event) => (event.type === "VERDICT" ? (event.payload.keeps ?? []) : [])).at(-1);
  const change = intent?.changes[0];
  if (intent === undefined || change === undefined) return undefined;
  const content = events.flatMap(contentOf).at(-1) ?? "";
  return { intent, write: { callId, change, content } };
}

function contentOf(event: AnyEvent): string[] {
  const content = event.type === "PROPOSAL" ? event.payload.what.args["content"] : undefined;
  return typeof content === "string" ? [content] : [];
}

/** For each path, the call that kept it last; not what was kept before git wrote the worktree anew. */
function lastKept(crew: Crew, task: string): ReadonlySet<string> {
  const of = { run: crew.cycle, task };
  const merges = crew.store.events({ run: crew.cycle, stream: taskStream(crew.cycle, task), type: "PROPOSAL" });
  const merged = merges.findLast((event) => event.type === "PROPOSAL" && event.payload.what.tool === "task.merge");
  const byPath = new Map<string, string>();
  for (const event of crew.store.events({ ...of, type: "EFFECT_KEPT", afterSeq: merged?.seq ?? 0 }))
    if (event.type === "EFFECT_KEPT")
      for (const { path } of event.payload.changes) byPath.set(path, event.payload.call_id);
  return new Set(byPath.values());
}

function tellRestored(crew: Crew, task: string, path: string): void {
  const place = { stream: taskStream(crew.cycle, task), actor: "worknode", run: crew.cycle, task };
  const message = `${path} did not hold what was kept, as the machine went down; its content was put back from the log`;
  crew.store.append([eventAt(place, "ALERT", { severity: "warning", message, to: "executive" })]);
}
