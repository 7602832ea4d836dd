import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Repository } from "../../effect/repository/repository.js";
import { commandSearchPath } from "../../effect/sandbox/environment.js";
import { findProgram, resolveToolchains } from "../../effect/sandbox/toolchain.js";
import { isDependency, type PreparedFolders, resolveLinks } from "../../effect/workspace/surroundings.js";
import { invalid } from "../../kernel/fault.js";
import { planCommands, planPrograms } from "../call/verify.js";
import type { PlanSource } from "../state/plan-source.js";

/** Where packages put their programs. */
const BIN = "node_modules/.bin";
/** A package by its name, with its scope, in front of a version; its program may have another name. */
const PACKAGE = /^(?:@[\w.-]+\/)?\w[\w.-]*(?=@|$)/;
/** Flags of npx that leave what it starts as it is. Behind any other nothing is known of that. */
const PLAIN_FLAGS: ReadonlySet<string> = new Set(
  "-y --yes --no --no-install --offline --prefer-offline -q --quiet --".split(" "),
);
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
  const packages = npxPackages(source).filter((name) => !isPackaged(name, repository, place));
  if (missing.length + packages.length === 0) return;
  const named = [
    ...missing.map((program) => whereMissing(program, source, place)),
    ...packages.map((name) => `npx ${name} finds no ${placeOf(name)}, and commands have no network: ${INSTALL}`),
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

/** What `npx` is to start, or is to take it from, where nothing installs it before. */
function npxPackages(source: PlanSource): string[] {
  if (source.plan.workspace.prepare !== undefined) return [];
  const names = planCommands(source).flatMap(([program, ...words]) => (program === "npx" ? packageIn(words) : []));
  return [...new Set(names)];
}

function packageIn(words: readonly string[]): string[] {
  const [first = "", second = ""] = words.filter((word) => !PLAIN_FLAGS.has(word));
  const named = first === "-p" || first === "--package" ? second : first.replace(/^--package=/, "");
  return PACKAGE.exec(named)?.slice(0, 1) ?? [];
}

const placeOf = (name: string): string => (name.startsWith("@") ? `node_modules/${name}` : `${BIN}/${name}`);

/** Whether npx would find it: a program or package of that name at the top, or a program where programs are. */
function isPackaged(name: string, { checkout, root }: Repository, { env, dependencies }: ToolPlace): boolean {
  const places = [checkout, dependencies?.directory ?? checkout];
  const installed = places.flatMap((place) => [join(place, BIN, name), join(place, "node_modules", name)]);
  return installed.some(existsSync) || findProgram(name, { PATH: env["PATH"], root }) !== undefined;
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
