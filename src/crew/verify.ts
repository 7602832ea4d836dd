
import { listMasks, resolveLinks } from "../effect/surroundings.js";
import { type PlanCommand, type PlanCommandResult, runPlanCommands } from "../effect/sandbox/plan-commands.js";
import type { SandboxSetting } from "../effect/sandbox/spec.js";
import { resolveToolchains } from "../effect/sandbox/toolchain.js";
import type { TaskWorkspace } from "../effect/workspace.js";
import type { PlanCheck } from "../schema/plan-step.js";
import type { PlanTask } from "../schema/plan-task.js";
import type { Crew } from "./context.js";
import type { CommandRun } from "./records.js";
import { stewardDone, stewardPermit } from "./steward.js";
import { RunStop } from "./stop.js";

/** What a task's own commands did on its tree, and the coverage report they wrote. */
export interface VerifyRun {
  readonly commands: CommandRun[];
  readonly report: string | undefined;
}

/** The commands of a task's `verify`, in the order they run. */
export function verifyCommands(task: PlanTask): PlanCommand[] {
  const verify = task.verify;
  if (verify === undefined) return [];
  const timeout = verify.timeout === undefined ? {} : { timeoutMs: verify.timeout };
  return (["compile", "lint", "test"] as const).flatMap((role) => {
    const argv = verify[role];
    return argv === undefined ? [] : [{ role, argv, ...timeout }];
  });
}

/** Runs a task's `verify` on its tree, from empty scratch; what the commands leave behind is discarded. */
export async function runCommands(crew: Crew, task: PlanTask, workspace: TaskWorkspace): Promise<VerifyRun> {
  const commands = verifyCommands(task);
  if (commands.length === 0) return { commands: [], report: undefined };
  const result = await runPlanned(crew, task.id, workspace, commands);
  try {
    const wanted = task.verify?.coverage?.report;
    const report = wanted === undefined ? undefined : await result.readWritten(wanted);
    return { commands: result.runs.map(toRecord), report };
  } finally {
    await result.discard();
  }
}

/** Runs a check's command and says why it did not do what was expected; undefined when it did. */
export async function runCheck(crew: Crew, at: { task: string | null; workspace: TaskWorkspace }, check: PlanCheck): Promise<string | undefined> {
  if (check.command === undefined) return undefined;
  const timeout = check.timeout === undefined ? {} : { timeoutMs: check.timeout };
  const result = await runPlanned(crew, at.task, at.workspace, [{ role: "check", argv: check.command, ...timeout }]);
  await result.discard();
  const run = result.runs[0];
  if (run === undefined || run.stopped !== null) return `${check.command.join(" ")} was stopped (${run?.stopped ?? "not run"})`;
  const { exitCode, stdout, stderr } = check.expect;
  if (run.exit_code !== exitCode) return `${check.command.join(" ")} ended with ${run.exit_code}, not ${exitCode}: ${run.stderr.slice(-500)}`;
  if (stdout !== undefined && !new RegExp(stdout, "m").test(run.stdout)) return `standard output does not match ${stdout}`;
  if (stderr !== undefined && !new RegExp(stderr, "m").test(run.stderr)) return `standard error does not match ${stderr}`;
  return undefined;
}

async function runPlanned(crew: Crew, task: string | null, workspace: TaskWorkspace, commands: PlanCommand[]): Promise<PlanCommandResult> {
  const at = await stewardPermit(crew, { tool: "plan.command", task, args: { commands } });
  const setting = await sandboxSetting(crew, workspace);
  const place = { ...setting, layersDir: workspace.layerDir };
  const result = await runPlanCommands(at.permit, { callId: at.callId, args: { commands } }, place, { signal: crew.signal, clock: crew.clock });
  stewardDone(crew, at, result.runs.map(({ role, exit_code }) => `${role}: ${exit_code ?? "stopped"}`).join(", "));
  if (crew.signal.aborted) {
    await result.discard();
    throw new RunStop(130, "interrupted");
  }
  return result;
}

async function sandboxSetting(crew: Crew, workspace: TaskWorkspace): Promise<SandboxSetting> {
  const { link, env, toolchains } = crew.plan.workspace;
  return {
    shownRoot: workspace.shownRoot,
    lower: workspace.worktree,
    links: await resolveLinks(crew.repository, link),
    masks: await listMasks(workspace),
    toolchains: toolchains ?? resolveToolchains(planPrograms(crew), { PATH: crew.env["PATH"], HOME: crew.env["HOME"], root: crew.repository.root }),
    env,
    network: false,
    git: { commonDir: crew.repository.commonDir, gitDir: workspace.gitDir },
  };
}

/** First words of every command the plan names. */
export function planPrograms(crew: Pick<Crew, "plan">): string[] {
  const programs = new Set<string>();
  for (const phase of crew.plan.phases)
    for (const task of phase.tasks) {
      for (const { argv } of verifyCommands(task)) if (argv[0] !== undefined) programs.add(argv[0]);
      for (const step of task.steps) if (step.kind === "check" && step.check.command?.[0] !== undefined) programs.add(step.check.command[0]);
    }
  return [...programs];
}

function toRecord(run: PlanCommandResult["runs"][number]): CommandRun {
  const { role, argv, exit_code, stdout, stderr, duration_ms } = run;
  return { role, argv: [...argv], exit_code, stdout, stderr, duration_ms };
}

