import PQueue from "p-queue";
import { readBelow } from "../../effect/disk/path-fact.js";
import { recoverJournal } from "../../effect/keep/keep.js";
import { openGitView } from "../../effect/workspace/git-view.js";
import { listMasks } from "../../effect/workspace/surroundings.js";
import { openHeadWorkspace, openTaskWorkspace } from "../../effect/workspace/task-workspace.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { MAX_FILE_BYTES, MAX_OPENINGS } from "../../kernel/bounds.js";
import type { FileReader } from "../../plan/cel-environment.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { AnyNewEvent } from "../../schema/event.js";
import { conversationStream } from "../conversation/conversation.js";
import type { Crew } from "../state/context.js";
import { eventAt } from "../state/records.js";
import { recoverLogged } from "./logged-writes.js";
import { stewardCall } from "./steward.js";

/** Key of the read-only view of the cycle's head, for those who only look. */
const HEAD = "-";

/** The task's own worktree, opened once and recovered from whatever a crash left in the middle. */
export async function taskWorkspace(crew: Crew, task: string): Promise<TaskWorkspace> {
  const known = crew.workspaces.get(task);
  if (known !== undefined) return known;
  const workspace = await open(crew, task);
  const record = (call: Parameters<typeof recoveredEvents>[2]): void => {
    crew.store.append(recoveredEvents(crew, task, call));
  };
  await recoverJournal(workspace, record);
  await recoverLogged(crew, workspace, record);
  crew.workspaces.set(task, workspace);
  return workspace;
}

const opening = new WeakMap<Crew, Promise<TaskWorkspace>>();

/** A view of the cycle's head: opened again when the head has moved, once for all who ask meanwhile. */
export async function headWorkspace(crew: Crew): Promise<TaskWorkspace> {
  const known = crew.workspaces.get(HEAD);
  if (known !== undefined) return known;
  const under = opening.get(crew) ?? open(crew, HEAD);
  opening.set(crew, under);
  try {
    const workspace = await under;
    crew.workspaces.set(HEAD, workspace);
    return workspace;
  } finally {
    opening.delete(crew);
  }
}

/** Workspaces being opened, and what is made for their commands as soon as none is. */
interface Openings {
  readonly now: PQueue;
  readonly after: PQueue;
}

const openings = new WeakMap<Crew, Openings>();

async function open(crew: Crew, task: string): Promise<TaskWorkspace> {
  const { now, after } = openings.get(crew) ?? newOpenings();
  openings.set(crew, { now, after });
  after.pause();
  return await now.add(() => openNow(crew, task));
}

function newOpenings(): Openings {
  const now = new PQueue({ concurrency: MAX_OPENINGS });
  const after = new PQueue({ concurrency: 1 });
  now.on("idle", () => after.start());
  return { now, after };
}

async function openNow(crew: Crew, task: string): Promise<TaskWorkspace> {
  const args = { cycle: crew.cycle, task, branch: crew.branch };
  const openIt = task === HEAD ? openHeadWorkspace : openTaskWorkspace;
  const own = { tool: "workspace.open", task: task === HEAD ? null : task, args } as const;
  return await stewardCall(crew, own, async ({ permit, call }) => {
    const value = await openIt(permit, crew.repository, call, crew.plan.workspace.deny);
    if (runsCommands(crew, task)) surround(crew, value);
    return { value, said: `worktree ${value.worktree} at ${value.baseCommit}` };
  });
}

function runsCommands(crew: Crew, task: string): boolean {
  const known = crew.tasks.get(task)?.task;
  return known !== undefined && verifyCommands(known).length > 0;
}

/**
 * Has what surrounds a workspace's commands made while something else is waited for, one workspace after the other. What
 * goes wrong with it is not remembered, and comes again where a command needs it.
 */
export function surround(crew: Crew, workspace: TaskWorkspace): void {
  const make = () => Promise.allSettled([openGitView(crew.repository, workspace), listMasks(workspace)]);
  void openings.get(crew)?.after.add(make);
}

/** What a call that a crash interrupted after its decision leaves to record; nothing when it was recorded. */
function recoveredEvents(
  crew: Crew,
  task: string,
  call: { callId: string; changes: readonly unknown[]; result: unknown },
): AnyNewEvent[] {
  const recorded = crew.store.events({ execution: call.callId, type: "EFFECT_KEPT" });
  if (recorded.length > 0) return [];
  const result = (call.result ?? {}) as { content?: string; tool_use_id?: string };
  const stream = conversationStream(call.callId.split(":").slice(0, -1).join(":"));
  const place = { stream, actor: "worknode", run: crew.cycle, task, execution: call.callId };
  return [
    eventAt(place, "EFFECT_KEPT", { call_id: call.callId, changes: call.changes as never }),
    eventAt(place, "TOOL_RESULT", {
      call_id: call.callId,
      tool_use_id: result.tool_use_id ?? "",
      content: result.content ?? "done",
      is_error: false,
      verification: {
        succeeded: true,
        outcomeCorrect: true,
        retry: { should: false, why: "finished after an interruption" },
      },
    }),
  ];
}

/** Files of a workspace as expressions see them: text below its root, nothing masked, never through a link. */
export function branchFiles(workspace: TaskWorkspace): FileReader {
  const read = (path: string): string | undefined =>
    workspace.isDenied(path) ? undefined : readBelow(workspace.worktree, path, MAX_FILE_BYTES)?.toString("utf8");
  return { exist: (path) => read(path) !== undefined, read };
}
