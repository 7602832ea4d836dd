import { join } from "node:path";
import { estimatePlan } from "../../crew/cycle/estimate.js";
import { requireApproval } from "../../crew/cycle/opening.js";
import { requireSandbox, withProject } from "../../crew/cycle/project.js";
import { packageFile } from "../../crew/state/package-file.js";
import { readPlan } from "../../crew/state/plan-source.js";
import { type Detached, startDetached } from "../../effect/program/detach.js";
import { requireNotifier } from "../../effect/program/notify.js";
import { systemClock } from "../../kernel/clock.js";
import { type CliContext, writeLine } from "./context.js";
import { estimateLine } from "./progress/estimate-text.js";
import { locateProject, withStore } from "./project.js";

/** Longest wait for the run to have begun, and time between two looks. */
const MAX_START_MS = 60_000;
const LOOK_MS = 100;
/** What the foreground does itself. */
const OWN = new Set(["--detach", "--yes"]);

/**
 * Shows what the plan may take, has a person approve it here, where there is one, and starts the run as a process of its own that outlives
 * this one and its terminal. Whom it is to notify is looked for before anybody is asked. Answers 0 once it has begun, or the exit code of a run that ended before.
 */
export async function runDetached(
  context: CliContext,
  given: { args: readonly string[]; plan: string | undefined; yes: boolean; notify: string | undefined },
): Promise<number> {
  const { cwd, env, confirm } = context;
  const { plan, yes, notify } = given;
  if (notify !== undefined) requireNotifier(notify, { cwd, env });
  if (plan !== undefined) {
    const approval = { env, yes, ...(confirm === undefined ? {} : { confirm }) };
    await withProject(context, async (project) => {
      const source = readPlan(plan, cwd);
      await requireSandbox(project.repository, source, { env });
      writeLine(context.out, estimateLine(estimatePlan(project.store, source.plan)));
      await requireApproval(project, source, approval);
    });
  }
  const log = join(locateProject(context).root, ".worknode", "logs", "run.log");
  const args = given.args.filter((each) => !OWN.has(each));
  const child = startDetached([process.execPath, packageFile("dist", "main.js"), ...args], { cwd, env, log });
  const begun = await waitForStart(context, child);
  if (typeof begun === "number") {
    writeLine(context.err, child.tail().trimEnd());
    return begun;
  }
  child.release();
  writeLine(context.out, `Cycle ${begun.cycle} runs as process ${child.pid}. Its output: ${log}`);
  writeLine(context.out, "worknode attach | worknode status --watch | worknode kill");
  return 0;
}

/** The session's event, or the exit code where the process ended without one. */
async function waitForStart(context: CliContext, child: Detached): Promise<{ cycle: number } | number> {
  const ended: { code?: number | null } = {};
  void child.ended.then((code) => {
    ended.code = code;
  });
  for (let waitedMs = 0; waitedMs < MAX_START_MS; waitedMs += LOOK_MS) {
    const cycle = await cycleOf(context, child.pid);
    if (cycle !== undefined) return { cycle };
    if (ended.code !== undefined) return ended.code ?? 1;
    await systemClock.sleep(LOOK_MS);
  }
  return 1;
}

async function cycleOf(context: CliContext, pid: number): Promise<number | undefined> {
  return await withStore(context, (store) => {
    const [last] = store.events({ type: "SESSION_STARTED", reverse: true, limit: 1 });
    return last?.type === "SESSION_STARTED" && last.payload.pid === pid ? last.payload.cycle : undefined;
  });
}
