import PQueue from "p-queue";
import type { Stack } from "../../effect/merge/merge-stack.js";
import { openStackWorkspace } from "../../effect/workspace/task-workspace.js";
import { treeHash } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { STACK_VIEW } from "../../effect/workspace/workspace-places.js";
import { MAX_BATCH_COMMANDS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { stewardCall } from "../call/steward.js";
import { NOTHING_RAN, runCommands, type VerifyRun } from "../call/verify.js";
import { surround } from "../call/workspaces.js";
import type { Crew } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";
import { groupAlike, judgeLayer } from "./joined-rules.js";
import type { RunLayer } from "./merged-task.js";
import { type Verified, verifiedEvent, writtenPaths } from "./rules.js";

/**
 * Verifies a whole stack in a worktree of its own: every distinct `verify` of its tasks runs on its tree, from empty
 * scratch each, and every task is judged by what its own wrote. Green is recorded for each task with the stack's tree,
 * which is what the commands ran on; red says nothing of any one task. Throws RunStop, Fault STACK_CHANGED.
 */
export async function verifyStack(crew: Crew, stack: Stack, layers: readonly RunLayer[]): Promise<boolean> {
  const tree = layers.at(-1)?.layer.tree ?? stack.headTree;
  const view = await openStack(crew, { head: stack.head, tree });
  await assertHolds(view, tree);
  const ran = await runDistinct(crew, view, { tree, layers });
  const judged: { run: RunLayer["run"]; verified: Verified }[] = [];
  for (const { layer, run } of layers) {
    const { task } = run;
    const work = { task, layer, view, tree, ran: ran.get(task.id) ?? NOTHING_RAN };
    judged.push({ run, verified: await judgeLayer(crew, work) });
  }
  await assertHolds(view, tree);
  const faults = judged.flatMap(({ run, verified }) => verified.faults.map((fault) => `${run.task.id}: ${fault}`));
  const pass = faults.length === 0;
  const place = { stream: cycleStream(crew.cycle), actor: "rules", run: crew.cycle, task: null };
  const together = eventAt(place, "BATCH_VERIFIED", {
    cycle: crew.cycle,
    tasks: layers.map(({ run }) => run.task.id),
    head: stack.head,
    tree,
    pass,
    faults,
    output_events: [...new Set([...ran.values()].flatMap(({ event }) => event ?? []))],
  });
  const each = judged.map(({ run, verified }) => verifiedEvent(crew, run, verified));
  await crew.store.commit([together, ...(pass ? each : [])]);
  return pass;
}

async function openStack(crew: Crew, at: { head: string; tree: string }): Promise<TaskWorkspace> {
  const args = { cycle: crew.cycle, task: STACK_VIEW, branch: crew.branch, ...at };
  return await stewardCall(crew, { tool: "workspace.open", task: null, args }, async ({ permit, call }) => {
    const value = await openStackWorkspace(permit, crew.repository, call, crew.plan.workspace.deny);
    surround(crew, value);
    return { value, said: `worktree ${value.worktree} holds ${at.tree}` };
  });
}

/** What is said to have been verified is what the worktree holds, before and after. */
async function assertHolds(view: TaskWorkspace, tree: string): Promise<void> {
  const now = await treeHash(view);
  if (now !== tree)
    throw new Fault("STACK_CHANGED", `${view.worktree} holds ${now}, not ${tree} that is to be verified`);
}

/** Runs every distinct set of commands, MAX_BATCH_COMMANDS at once; answers what each task's own did. */
async function runDistinct(
  crew: Crew,
  view: TaskWorkspace,
  { tree, layers }: { tree: string; layers: readonly RunLayer[] },
): Promise<ReadonlyMap<string, VerifyRun>> {
  const queue = new PQueue({ concurrency: MAX_BATCH_COMMANDS });
  const judged = [...new Set(layers.flatMap(({ layer }) => writtenPaths(layer.changes)))];
  const groups = groupAlike(
    crew,
    layers.map(({ run }) => run.task),
  );
  const ends = await Promise.allSettled(
    groups.map((alike) =>
      queue.add(async () => {
        const ran = await runCommands(crew, alike[0], view, { tree, judged, together: true });
        return alike.map(({ id }) => [id, ran] as const);
      }),
    ),
  );
  return new Map(
    ends.flatMap((end) => {
      if (end.status === "rejected") throw end.reason;
      return end.value;
    }),
  );
}
