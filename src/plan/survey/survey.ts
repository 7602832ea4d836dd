import { posix } from "node:path";
import { languageOf } from "../../measure/language.js";
import type { Config, ConfigProject } from "../../schema/config.js";
import { surveyC } from "./make-project.js";
import { surveyGo, surveyRust } from "./module-project.js";
import { surveyNode } from "./node-project.js";
import { findPackageManager, installCommand, type PackageManager, workspacePatterns } from "./package-lock.js";
import { surveyPython } from "./python-project.js";
import { type Found, isWithin, type Sources } from "./sources.js";

/** Folders deeper than this hold fixtures and examples more often than projects. */
const MAX_DEPTH = 3;
/** Projects looked at in one repository. */
const MAX_PROJECTS = 100;
/** Folders whose manifests belong to tests, examples and copies of others' code. */
const NOT_OURS = /(^|\/)(node_modules|vendor|third_party|fixtures?|examples?|testdata|tests?|__tests__|docs?)(\/|$)/;
const MANIFEST =
  /(^|\/)(package\.json|pyproject\.toml|setup\.py|setup\.cfg|requirements\.txt|GNUmakefile|[Mm]akefile|CMakeLists\.txt|go\.mod|Cargo\.toml)$/;
const INSTRUCTIONS = ["CLAUDE.md", "AGENTS.md", "CONTRIBUTING.md"];
/** Folders a package manager fills. */
const LINKED = ["node_modules", ".venv", "venv"];

const KINDS = [surveyNode, surveyPython, surveyC, surveyGo, surveyRust];

/** What a survey of a repository found. */
export interface Survey {
  readonly config: Config;
  /** What a person should know or do, one sentence each. */
  readonly notes: readonly string[];
  /** Package managers between which nothing decides; a person must say which. */
  readonly rivals: readonly string[];
}

/** Looks at names and texts of a checkout and says what it is made of and how work in it is verified. Runs nothing. */
export function surveyRepository(sources: Sources, asked?: PackageManager): Survey {
  const { manager, rivals } = findPackageManager(sources, asked);
  const found = withoutMembers(foldersOf(sources).flatMap((folder) => surveyFolder(sources, folder, manager)));
  const prepare = prepareFor(sources, manager);
  const config: Config = {
    apiVersion: "worknode/v1",
    kind: "Config",
    ...(manager === undefined ? {} : { packageManager: manager }),
    workspaces: workspacePatterns(sources),
    languages: languagesOf(sources),
    instructions: INSTRUCTIONS.filter((name) => sources.files.includes(name)),
    projects: found.map(({ project }) => project),
    workspace: { toolchains: [], link: linkedFolders(sources), ...prepare },
  };
  const none =
    found.length === 0 ? ["no project is known here: name the commands yourself in .worknode/config.yaml"] : [];
  return { config, notes: [...none, ...found.flatMap(({ notes }) => notes)], rivals };
}

/** Programs that the commands of a configuration start with, each once. */
export function programsOf(config: Config): string[] {
  const commands = config.projects.flatMap(({ verify }) => [verify?.compile, verify?.lint, verify?.test]);
  return [...new Set([...commands, config.workspace.prepare?.command].flatMap((argv) => argv?.slice(0, 1) ?? []))];
}

function surveyFolder(sources: Sources, folder: string, manager: PackageManager | undefined): Found[] {
  return KINDS.flatMap((survey) => survey(sources, folder, manager) ?? []);
}

/** Folders with a manifest, the outermost first. */
function foldersOf({ files }: Sources): string[] {
  const folders = new Set(files.filter((path) => MANIFEST.test(path)).map((path) => posix.dirname(path)));
  const ours = [...folders].filter((path) => !NOT_OURS.test(path) && path.split("/").length <= MAX_DEPTH);
  return ours.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1)).slice(0, MAX_PROJECTS);
}

function depth(folder: string): number {
  return folder === "." ? 0 : folder.split("/").length;
}

/**
 * A folder below a project of the same kind that has commands is verified with it. Where that one only hands on to the
 * folders below, and one of those says what its tests cover, they stand for themselves.
 */
function withoutMembers(all: readonly Found[]): Found[] {
  const found = all.filter((one) => one.handsOn !== true || !all.some((other) => isCoveredBelow(one, other)));
  const isMember = ({ path, kind }: ConfigProject): boolean =>
    found.some(
      ({ project }) =>
        project.kind === kind && project.path !== path && project.verify !== undefined && isWithin(project.path, path),
    );
  return found.filter(({ project }) => !isMember(project)).filter((one, _, kept) => hasUse(one, kept));
}

function isCoveredBelow({ project: above }: Found, { project }: Found): boolean {
  const below = project.path !== above.path && isWithin(above.path, project.path);
  return below && project.kind === above.kind && project.verify?.coverage !== undefined;
}

/** A project without tests says something only where it is the only one of its kind. */
function hasUse({ project }: Found, kept: readonly Found[]): boolean {
  if (project.verify !== undefined) return true;
  return !kept.some((other) => other.project.kind === project.kind && other.project.verify !== undefined);
}

function languagesOf({ files }: Sources): string[] {
  return [...new Set(files.flatMap((path) => languageOf(path) ?? []))].sort();
}

/** Dependency folders that are there, at the top and in the projects' folders. */
function linkedFolders(sources: Sources): string[] {
  const folders = foldersOf(sources).map((folder) => (folder === "." ? "" : `${folder}/`));
  return [...new Set(["", ...folders])]
    .flatMap((folder) => LINKED.map((name) => `${folder}${name}`))
    .filter((path) => sources.list(path).length > 0);
}

/** Where the checkout lacks the packages, the plan installs them once, before any agent works. */
function prepareFor(sources: Sources, manager: PackageManager | undefined): Pick<Config["workspace"], "prepare"> {
  if (manager === undefined || sources.list("node_modules").length > 0) return {};
  const command = installCommand(sources, manager);
  return command === undefined ? {} : { prepare: { command, network: true } };
}
