import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adoptMerge, mergeTask } from "../../../src/effect/merge/merge.js";
import { findRepository } from "../../../src/effect/repository/repository.js";
import { openCycleBranch } from "../../../src/effect/workspace/branch.js";
import { openTaskWorkspace } from "../../../src/effect/workspace/task-workspace.js";
import { treeHash } from "../../../src/effect/workspace/tree.js";
import { issuePermit, type Permit } from "../../../src/gate/permit.js";
import { hashOf } from "../../../src/kernel/canonical.js";

/** `open.mjs <repository> <task> <open|merge>`: opens a task's workspace; or also writes one file and merges it. */
const [root = "", task = "", verb = ""] = process.argv.slice(2);

function approve<Args>(args: Args): { permit: Permit; call: { callId: string; args: Args } } {
  const callId = `${process.pid}:${Math.random()}`;
  return { permit: issuePermit({ callId, argsHash: hashOf(args) }), call: { callId, args } };
}

const repository = await findRepository(root);
const cycle = approve({ plan_id: "plan", cycle: 1, include_wip: false });
const { branch } = await openCycleBranch(cycle.permit, repository, cycle.call, () => "opened");
const opening = approve({ cycle: 1, task, branch });
let workspace = await openTaskWorkspace(opening.permit, repository, opening.call);
process.stdout.write(`${workspace.worktree}\n`);
if (verb === "merge") {
  writeFileSync(join(workspace.worktree, `${task}.txt`), `${task}\n`);
  for (let round = 0; round < 20; round += 1) {
    const merging = approve({
      message: `${task}\n`,
      paths: [`${task}.txt`],
      tree: await treeHash(workspace),
    });
    const outcome = await mergeTask(merging.permit, repository, workspace, merging.call);
    if (outcome.kind === "merged") break;
    if (outcome.kind !== "moved") throw new Error(outcome.kind);
    const adopting = approve({ head: outcome.head, tree: outcome.tree });
    const adopted = await adoptMerge(adopting.permit, repository, workspace, adopting.call);
    if (adopted.ok) workspace = adopted.value;
  }
}
