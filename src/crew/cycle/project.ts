import { ensureProjectDir, findRepository, type Repository } from "../../effect/repository/repository.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { noSandbox } from "../../effect/sandbox/probe-report.js";
import { checkToolchains } from "../../effect/sandbox/toolchain-refusal.js";
import { openStore, type Store } from "../../store/store.js";
import { planPrograms } from "../call/verify.js";
import type { PlanSource } from "../state/plan-source.js";
import { requireTools, type ToolPlace } from "./plan-tools.js";

/** A repository and its store. */
export interface Project {
  readonly repository: Repository;
  readonly store: Store;
}

/** Opens the project around `cwd` for the length of `work`. */
export async function withProject<T>(
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly shownRoot?: string },
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const repository = await findRepository(options.cwd, options);
  await ensureProjectDir(repository);
  const store = openStore(repository.databasePath);
  try {
    return await work({ repository, store });
  } finally {
    store.close();
  }
}

/**
 * Whether agents' commands can be confined on this machine; where they cannot, none is offered `Bash`. `confirm`: what was
 * found earlier is tried once more, as before a run.
 */
export async function canConfine(
  { stateDir }: Repository,
  env: NodeJS.ProcessEnv,
  { confirm = false } = {},
): Promise<boolean> {
  return (await probeBackends({ stateDir, env, confirm })).chosen !== null;
}

/** Refuses what needs a command to be confined where none can be. Throws Fault NO_SANDBOX (exit 2) with the remedies. */
export async function requireConfinement(
  { stateDir }: Pick<Repository, "stateDir">,
  env: NodeJS.ProcessEnv,
  what: string,
): Promise<void> {
  const report = await probeBackends({ stateDir, env, confirm: true });
  if (report.chosen === null) throw noSandbox(report, what);
}

/**
 * A plan that names what no command may see, has commands where none can be confined, or names a program that is not
 * there, is refused before anything is spent. Throws Fault TOOLCHAIN_REFUSED, NO_SANDBOX, MISSING_PROGRAM,
 * MISSING_DEPENDENCY (exit 2).
 */
export async function requireSandbox(repository: Repository, source: PlanSource, place: ToolPlace): Promise<void> {
  const { stateDir, shownRoot } = repository;
  const { env } = place;
  checkToolchains(source.plan.workspace.toolchains ?? [], { home: env["HOME"], stateDir, root: shownRoot });
  if (planPrograms(source).length === 0) return;
  await requireConfinement(repository, env, "the plan runs commands");
  await requireTools(repository, source, place);
}
