import { compareTrees } from "../../effect/workspace/tree.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { EventPayload } from "../../schema/event.js";
import { prepareDependencies } from "../call/prepare.js";
import { readReport, reportsOf, runPlanned, textOf } from "../call/verify.js";
import { headWorkspace } from "../call/workspaces.js";
import type { Crew } from "../state/context.js";
import { type Alike, groupAlike, joinedCoverageFaults } from "../task/joined-rules.js";
import { alteredFaults, failedCommands, waiversFor, writtenPaths } from "../task/rules.js";

/** What ran on a joined tree. */
export type Verified = EventPayload<"LANDED">["verified"];

/** What verification of a joined tree came to; `said` is why it is not verified, empty where it is. */
export interface JoinedVerification {
  readonly verified: Verified;
  readonly said: string;
}

/**
 * Verifies a joined tree by every distinct `verify` of the tasks that are done, each from empty scratch. Tests and
 * coverage are judged again as on a task's submission, against the commit the work lands on: what a task changed must be
 * covered there too, and the commands are to leave alone what lands. Waivers hold.
 */
export async function verifyJoined(crew: Crew, onto: string): Promise<JoinedVerification> {
  await prepareDependencies(crew);
  const verified: Verified = [];
  const tasks = [...crew.tasks.values()].map(({ task }) => task).filter(({ id }) => crew.statuses.get(id) === "DONE");
  for (const alike of groupAlike(crew, tasks)) {
    const said = await verifyAlike(crew, alike, { onto, verified });
    if (said !== "") return { verified, said };
  }
  return { verified, said: "" };
}

async function verifyAlike(
  crew: Crew,
  alike: Alike,
  { onto, verified }: { onto: string; verified: Verified },
): Promise<string> {
  const [task] = alike;
  const workspace = await headWorkspace(crew);
  const where = { task: null, workspace, files: workspace.worktree, reports: reportsOf(task) };
  const result = await runPlanned(crew, where, verifyCommands(task));
  try {
    for (const { role, argv, exit_code } of result.runs) verified.push({ role, argv: [...argv], exit_code });
    const [failed] = failedCommands(result.runs, waiversFor(crew, task.id));
    if (failed !== undefined) return `${failed.stdout}\n${failed.stderr}`.trim().slice(-2_000) || "it said nothing";
    const report = textOf(await readReport(task, result));
    const landing = await compareTrees(workspace.git, onto, workspace.baseCommit);
    const judged = writtenPaths(landing).filter((path) => !reportsOf(task).includes(path));
    const faults = alteredFaults({ altered: await result.listAltered(judged), event: null });
    for (const each of alike) {
      const joined = { task: each, workspace: { ...workspace, baseCommit: onto }, tree: workspace.baseCommit, report };
      faults.push(...(await joinedCoverageFaults(crew, joined)));
    }
    return faults.join("\n");
  } finally {
    await result.discard();
  }
}
