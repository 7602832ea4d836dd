import { ensureProjectDir, findRepository, type Repository } from "../../effect/repository.js";
import { probeBackends } from "../../effect/sandbox/probe.js";
import { checkToolchains } from "../../effect/sandbox/toolchain-refusal.js";
import { invalid } from "../../kernel/fault.js";
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

/** Whether agents' commands can be confined on this machine; where they cannot, none is offered `Bash`. */
export async function canConfine({ stateDir }: Repository, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await probeBackends({ stateDir, env })).chosen !== null;
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
  const report = await probeBackends({ stateDir, env });
  if (report.chosen !== null) return await requireTools(repository, source, place);
  const fixes = report.probes
    .filter(({ ok }) => !ok)
    .map(({ backend = "sandbox", name, detail, fix }) => `${backend} ${name}: ${detail}\n  fix: ${fix}`);
  throw invalid("NO_SANDBOX", `the plan runs commands, and this machine has no sandbox for them:\n${fixes.join("\n")}`);
}
