// A task's workspace in a repository, opened as a crew opens it: for benches that run commands in the sandbox.

/** Sources that opening a workspace and running commands in it need. */
export const WORKSPACE_PARTS = [
  "effect/sandbox/probe",
  "effect/workspace/surroundings",
  "effect/workspace/git-view",
  "effect/repository/repository",
  "effect/workspace/branch",
  "effect/workspace/task-workspace",
  "gate/permit",
  "kernel/canonical",
  "kernel/ids",
];

/** Opens a workspace for a task of a cycle of its own; `approve(args)` gives a permit and its call. */
export async function openWorkspace(worknode, root, { stateHome, home }) {
  const repository = await worknode.findRepository(root, { env: { XDG_STATE_HOME: stateHome, HOME: home } });
  const approve = (args) => {
    const call = { callId: worknode.newId("call"), args };
    return [worknode.issuePermit({ callId: call.callId, argsHash: worknode.hashOf(args), nowMs: Date.now() }), call];
  };
  const [cyclePermit, cycleCall] = approve({ plan_id: "bench", cycle: 1, include_wip: false });
  const { branch } = await worknode.openCycleBranch(cyclePermit, repository, cycleCall);
  const [permit, call] = approve({ cycle: 1, task: "B-1", branch });
  return { repository, approve, workspace: await worknode.openTaskWorkspace(permit, repository, call) };
}

/** What surrounds a command there. */
export async function settingOf(worknode, { repository, workspace }, backend) {
  return {
    shownRoot: workspace.shownRoot,
    lower: workspace.worktree,
    links: await worknode.resolveLinks(repository, undefined),
    masks: await worknode.listMasks(workspace),
    toolchains: [],
    env: {},
    network: false,
    ...(backend === undefined ? {} : { backend }),
    git: await worknode.openGitView(repository, workspace),
  };
}
