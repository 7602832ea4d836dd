import { stringify } from "yaml";
import { type CheckoutView, viewCheckout, writeNewFile } from "../../effect/repository/checkout-survey.js";
import { ensureProjectDir, findRepository, type Repository } from "../../effect/repository/repository.js";
import { resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { Fault, invalid } from "../../kernel/fault.js";
import { loadPlan } from "../../plan/load-plan.js";
import { formatFault, hasErrors } from "../../plan/plan-fault.js";
import { draftFirstPlan } from "../../plan/survey/first-plan.js";
import type { PackageManager } from "../../plan/survey/package-lock.js";
import { programsOf, surveyRepository } from "../../plan/survey/survey.js";
import type { Config } from "../../schema/config.js";
import { CONFIG_PATH, readConfig } from "../state/config.js";

/** The plan `init` makes, relative to the repository. */
export const FIRST_PLAN_PATH = ".worknode/plans/first.yaml";

const HEAD = `# What \`worknode init\` found here, and what plans are drafted from. Yours to correct: nothing overwrites it.
`;

/** What `init` found and did. */
export interface InitReport {
  readonly config: Config;
  /** Files written now; empty the second time. */
  readonly written: readonly string[];
  /** What a person should know or do. */
  readonly notes: readonly string[];
  /** Programs of the commands that this machine lacks. */
  readonly missing: readonly string[];
}

/** What `init` is told. */
export interface InitOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly packageManager?: PackageManager;
}

/**
 * Looks at a repository and writes `.worknode/`: configuration, `.gitignore`, a first plan that lints clean.
 * A file that is there is read, never written. Throws Fault NO_REPOSITORY, NO_COMMIT, BAD_CONFIG,
 * TWO_PACKAGE_MANAGERS, PROJECT_DIRECTORY (exit 2).
 */
export async function initProject(options: InitOptions): Promise<InitReport> {
  const repository = await findRepository(options.cwd, { env: options.env });
  const view = await viewCheckout(repository, options.env);
  const known = readConfig(view);
  const { config, notes } = known === undefined ? find(repository, view, options) : { config: known, notes: [] };
  const plan = draftFirstPlan(config);
  requireClean(plan);
  await ensureProjectDir(repository);
  const files = { [CONFIG_PATH]: `${HEAD}${stringify(config, { lineWidth: 0 })}`, [FIRST_PLAN_PATH]: plan };
  const written: string[] = [];
  for (const [path, text] of Object.entries(files))
    if (await writeNewFile(repository.root, path, text)) written.push(path);
  const missing = programsOf(config).filter((program) => !view.has(program));
  return { config, written, notes, missing };
}

/** The repository's configuration, or what one would be. Throws Fault BAD_CONFIG, TWO_PACKAGE_MANAGERS (exit 2). */
export function configOf(repository: Repository, view: CheckoutView, options: InitOptions): Config {
  return readConfig(view) ?? find(repository, view, options).config;
}

/** A configuration made from what is there. */
function find(
  repository: Repository,
  view: CheckoutView,
  { packageManager, env }: InitOptions,
): Pick<InitReport, "config" | "notes"> {
  const { config, notes, rivals } = surveyRepository(view, packageManager);
  if (rivals.length > 0) throw undecided(rivals);
  return { config: withToolchains(config, repository, env), notes };
}

function undecided(rivals: readonly string[]): Fault {
  return invalid(
    "TWO_PACKAGE_MANAGERS",
    `there are lock files of ${rivals.join(" and ")}. Say which counts: --package-manager ${rivals[0] ?? ""}, \`packageManager\` in package.json, or remove the other lock file.`,
  );
}

function withToolchains(config: Config, { root }: Repository, env: NodeJS.ProcessEnv): Config {
  const toolchains = resolveToolchains(programsOf(config), { PATH: env["PATH"], HOME: env["HOME"], root });
  return { ...config, workspace: { ...config.workspace, toolchains } };
}

/** A first plan with a fault is a defect of ours, unless a person's configuration brought it in. */
function requireClean(text: string): void {
  const { faults } = loadPlan(text, FIRST_PLAN_PATH);
  if (!hasErrors(faults)) return;
  const lines = faults.map((fault) => formatFault(FIRST_PLAN_PATH, fault));
  throw invalid("BAD_CONFIG", `the plan that ${CONFIG_PATH} leads to has faults:\n${lines.join("\n")}`);
}
