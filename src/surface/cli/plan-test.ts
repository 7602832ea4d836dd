import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { type RunResult, runPlan } from "../../crew/cycle/session.js";
import type { PlanSource } from "../../crew/state/plan-source.js";
import { findRepository, type Repository } from "../../effect/repository/repository.js";
import { type PreparedFolders, resolveLinks } from "../../effect/workspace/surroundings.js";
import { invalid } from "../../kernel/fault.js";
import { parseScript, type Script } from "../../model/scripted/script.js";
import { startScriptedServer } from "../../model/scripted/server.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { openStore, type Store } from "../../store/store.js";
import type { CliContext } from "./context.js";
import { runGit } from "./demo/child.js";

/** Variables that would make a test depend on the user's own set-up. */
const OWN_SETTINGS = /^(ANTHROPIC_|GIT_|WORKNODE_(?!SANDBOX|DEBUG))/;

/** The way a run took: each task's state, and each step's as `TASK.STEP`. */
export interface FlowPath {
  readonly tasks: Readonly<Record<string, string>>;
  readonly steps: Readonly<Record<string, string>>;
}

/** What `plan test --output-format json` prints. */
export interface PlanTestReport extends FlowPath {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly reason: string;
  /** Why tasks that are not done stand as they do, where a reason is on record. */
  readonly reasons: Readonly<Record<string, string>>;
  /** What is not as the script expects; empty where it is. */
  readonly unmet: readonly string[];
}

/**
 * Runs a plan's flow with mocked agents (S4:292-296) in a throw-away clone of HEAD: everything but the models' words
 * is real, and the user's repository, branches and log are not touched. Commands see the clone at the repository's own
 * path, which what is installed may name. Throws Faults of exit 2.
 */
export async function testPlan(
  context: CliContext,
  source: PlanSource,
  given: { script: string; inputs: Readonly<Record<string, string>> },
): Promise<PlanTestReport> {
  const script = readScript(context, given.script);
  const repository = await findRepository(context.cwd, { env: context.env });
  const dependencies = await dependenciesOf(repository, source);
  const base = realpathSync(mkdtempSync(join(tmpdir(), "worknode-plan-test-")));
  const server = await startScriptedServer({ script });
  try {
    const env = testEnvironment(context, base, server.url);
    const place = { directory: join(base, "repository"), env };
    const planPath = cloneHead(repository, source, { base, ...place });
    const options = { signal: context.signal, onEvent: () => undefined, yes: true, includeWip: false };
    const { inputs } = given;
    const clone = { cwd: place.directory, shownRoot: repository.root, dependencies };
    const run = await runPlan({ ...options, ...clone, env, planPath, inputs });
    return reportOf(run, pathOf(place.directory, run.cycle), script.expect);
  } finally {
    await server.close();
    rmSync(base, { recursive: true, force: true });
  }
}

function readScript(context: CliContext, path: string): Script {
  let text: string;
  try {
    text = readFileSync(resolve(context.cwd, path), "utf8");
  } catch (cause) {
    throw invalid(
      "SCRIPT_MISSING",
      `cannot read the script ${path}. docs/scripted-model.md says what it holds.`,
      cause,
    );
  }
  const script = parseScript(text);
  if (script.ok) return script.value;
  throw invalid("SCRIPT_INVALID", `${path} is no script:\n${script.error}`);
}

/** The checkout's dependencies, which the clone lacks; none where the plan prepares its own. */
async function dependenciesOf(repository: Repository, { plan }: PlanSource): Promise<PreparedFolders | undefined> {
  const { link, prepare } = plan.workspace;
  if (prepare !== undefined) return undefined;
  const links = await resolveLinks(repository, link);
  return { directory: repository.checkout, paths: links.map(({ path }) => path) };
}

function testEnvironment(context: CliContext, base: string, url: string): NodeJS.ProcessEnv {
  const kept = Object.entries(context.env).filter(([name]) => !OWN_SETTINGS.test(name));
  const model = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "scripted", NO_PROXY: "127.0.0.1" };
  const git = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return { ...Object.fromEntries(kept), ...model, ...git, XDG_STATE_HOME: join(base, "state") };
}

/** A clone of HEAD with the plan as it is now; answers the plan's path in it. */
function cloneHead(
  repository: Repository,
  source: PlanSource,
  place: { base: string; directory: string; env: NodeJS.ProcessEnv },
): string {
  const { base, directory, env } = place;
  const at = { directory: base, env };
  runGit(["-c", "core.hooksPath=/dev/null", "clone", "--quiet", "--no-checkout", repository.checkout, directory], at);
  runGit(["-C", directory, "-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "--detach", repository.head], at);
  const path = relative(repository.checkout, source.path);
  if (path.startsWith("..")) return source.path;
  const copy = join(directory, path);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(source.path, copy);
  return copy;
}

type Way = Pick<PlanTestReport, "tasks" | "steps" | "reasons">;

function pathOf(directory: string, cycle: number): Way {
  const store = openStore(join(directory, ".worknode", "worknode.db"), { readonly: true });
  try {
    const tasks = store.queries.tasks(cycle);
    const steps = tasks.flatMap(({ id }) => store.queries.steps(cycle, id));
    return {
      tasks: Object.fromEntries(tasks.map(({ id, status }) => [id, status])),
      steps: Object.fromEntries(steps.map(({ task, step, status }) => [`${task}.${step}`, status])),
      reasons: Object.fromEntries(tasks.flatMap((task) => reasonOf(store, task))),
    };
  } finally {
    store.close();
  }
}

/** What an agent or a rule said last of a task that is not done: the clone's approvals can be given to nobody. */
function reasonOf(store: Store, { cycle, id, status, reason }: TaskRow): [string, string][] {
  if (status === "DONE") return [];
  const [escalated] = store.events({ type: "ESCALATION", run: cycle, task: id, reverse: true, limit: 1 });
  const said = escalated?.type === "ESCALATION" ? escalated.payload.reason : reason;
  return said === null ? [] : [[id, said]];
}

/** Without an expectation a flow is as it should be when it ends with exit 0. */
function reportOf(run: RunResult, path: Way, expected: Script["expect"]): PlanTestReport {
  const { exitCode, reason } = run;
  const unmet = [
    ...differences("exit code", { run: String(exitCode) }, { run: String(expected?.exitCode ?? 0) }),
    ...differences("task", path.tasks, expected?.tasks ?? {}),
    ...differences("step", path.steps, expected?.steps ?? {}),
  ];
  return { ok: unmet.length === 0, exitCode, reason, ...path, unmet };
}

function differences(
  what: string,
  found: Readonly<Record<string, string>>,
  expected: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(expected)
    .filter(([name, value]) => found[name] !== value)
    .map(([name, value]) => `${what} ${name}: ${found[name] ?? "none"}, expected ${value}`);
}
