import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Repository } from "../../effect/repository.js";
import { commandSearchPath } from "../../effect/sandbox/environment.js";
import { findProgram, resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { isDependency, type PreparedFolders, resolveLinks } from "../../effect/surroundings.js";
import { invalid } from "../../kernel/fault.js";
import { planCommands, planPrograms } from "../call/verify.js";
import type { PlanSource } from "../state/plan-source.js";

/** Where packages put their programs. */
const BIN = "node_modules/.bin";
/** A program, or a package of its name with a version; none with a scope, as its program may have another name. */
const NAME = /^\w[\w.-]*(@[^/]*)?$/;
const INSTALL = "install the project's dependencies, or name a prepare that does";

/** Where the programs of a plan are looked for. */
export interface ToolPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Dependency folders of another checkout, for one that has none of its own. */
  readonly dependencies?: PreparedFolders | undefined;
}

/**
 * Refuses a plan whose commands could only end with "not found": a program that is not where the sandbox looks, or a
 * folder of dependencies that is not there and that nothing prepares. What a command may build itself is left to it.
 * Throws Fault MISSING_PROGRAM, MISSING_DEPENDENCY (exit 2).
 */
export async function requireTools(repository: Repository, source: PlanSource, place: ToolPlace): Promise<void> {
  const { link, prepare } = source.plan.workspace;
  if (prepare === undefined && link !== undefined) await resolveLinks(repository, link, place.dependencies);
  const missing = planPrograms(source).filter((program) => !isThere(program, repository, source, place));
  const packages = npxPrograms(source).filter((program) => !isPackaged(program, repository, place));
  if (missing.length + packages.length === 0) return;
  const named = [
    ...missing.map((program) => whereMissing(program, source, place)),
    ...packages.map((program) => `npx ${program} finds no ${BIN}/${program}, and commands have no network: ${INSTALL}`),
  ];
  throw invalid("MISSING_PROGRAM", `the plan's commands could not run: ${named.join("; ")}. Nothing was spent.`);
}

function isThere(program: string, repository: Repository, source: PlanSource, place: ToolPlace): boolean {
  const { checkout, shownRoot } = repository;
  if (program.startsWith("/") || !program.includes("/"))
    return findProgram(program, { PATH: shownPath(source, place.env, shownRoot), root: checkout }) !== undefined;
  if (!isInstalled(program, source)) return true;
  const places = [checkout, place.dependencies?.directory ?? checkout];
  return places.some((directory) => findProgram(program, { root: directory }) !== undefined);
}

/** What `npx` is to start, where nothing installs it before; a name alone says which file that is. */
function npxPrograms(source: PlanSource): string[] {
  if (source.plan.workspace.prepare !== undefined) return [];
  const words = planCommands(source).filter(([program, word]) => program === "npx" && NAME.test(word ?? ""));
  return [...new Set(words.map(([, word = ""]) => word.replace(/@.*$/, "")))];
}

/** Whether npx would find a program: among the packages of the top, or where programs are. */
function isPackaged(program: string, { checkout, root }: Repository, { env, dependencies }: ToolPlace): boolean {
  const installed = [checkout, dependencies?.directory ?? checkout].map((place) => join(place, BIN, program));
  return installed.some(existsSync) || findProgram(program, { PATH: env["PATH"], root }) !== undefined;
}

/** Whether a path of the checkout is of what a package manager installs, and nothing is to install it before. */
function isInstalled(program: string, { plan }: PlanSource): boolean {
  const { link, prepare } = plan.workspace;
  if (prepare !== undefined) return false;
  return program.split("/").some(isDependency) || (link ?? []).some((path) => program.startsWith(`${path}/`));
}

/** The search path commands are given: a program that lies elsewhere is not in their sandbox. */
function shownPath(source: PlanSource, env: NodeJS.ProcessEnv, shownRoot: string): string {
  const { env: own, toolchains } = source.plan.workspace;
  const resolve = (): string[] =>
    resolveToolchains(planPrograms(source), { PATH: env["PATH"], HOME: env["HOME"], root: shownRoot });
  return own["PATH"] ?? commandSearchPath({ toolchains: toolchains ?? resolve(), shownRoot }, env["PATH"] ?? "");
}

function whereMissing(program: string, source: PlanSource, { env }: ToolPlace): string {
  if (program.includes("/")) return `${program} is not there: install the project's dependencies, or correct the plan`;
  const elsewhere = findProgram(program, { PATH: env["PATH"] });
  if (elsewhere === undefined) return `${program} is not installed (not in PATH): install it, or correct the plan`;
  const named = source.plan.workspace.toolchains === undefined ? "workspace.env" : "workspace.toolchains";
  return `${basename(program)} lies at ${elsewhere}, which commands do not see: name its folder in ${named}`;
}
