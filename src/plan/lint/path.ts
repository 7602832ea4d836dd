import { isPattern } from "../../capability/pattern.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { isHardDenied } from "../hard-deny.js";
import { emptyPattern, isWithin, pathFault } from "../path-rule.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";
import type { LintRule, LintSubject } from "./subject.js";

/** Faults of one path or pattern by the path rules. */
function pathFindings(path: DataPath, value: string): Finding[] {
  const fault = pathFault(value);
  if (fault !== undefined) return [error(path, "bad-path", `path '${value}' ${fault}`)];
  const empty = emptyPattern(value);
  return empty === undefined ? [] : [error(path, "matches-nothing", `pattern '${value}' ${empty}`)];
}

/** Faults of a path that may not be a pattern. */
function literalFindings(path: DataPath, value: string): Finding[] {
  const found = pathFindings(path, value);
  if (found.length > 0 || !isPattern(value)) return found;
  return [error(path, "bad-path", `'${value}' must be one file, not a pattern`)];
}

/** A directory may be written with one slash at its end. */
function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

function list(
  path: DataPath,
  values: readonly string[],
  check: (path: DataPath, value: string) => Finding[],
): Finding[] {
  return values.flatMap((value, index) => check([...path, index], value));
}

/** Paths in `files`, `verify`, `workspace`, `mayExtend` and `agents` that break the rules of DESIGN §7. */
export const findBadPaths: LintRule = ({ plan, tasks }) => {
  const slashed = (path: DataPath, value: string) => pathFindings(path, withoutSlash(value));
  const { link = [], scratch, deny, toolchains = [] } = plan.workspace;
  const agents = Object.entries(plan.agents).flatMap(([name, agent]) =>
    agent.instructions === undefined ? [] : literalFindings(["agents", name, "instructions"], agent.instructions),
  );
  const relative = list(["workspace", "toolchains"], toolchains, (path, value) =>
    value.startsWith("/") && !value.includes("/../")
      ? []
      : [error(path, "bad-path", `toolchain '${value}' must be an absolute path`)],
  );
  return [
    ...tasks.flatMap(({ task, path }) => [
      ...list([...path, "files", "write"], task.files.write, pathFindings),
      ...list([...path, "files", "read"], task.files.read, pathFindings),
      ...(task.verify?.coverage === undefined
        ? []
        : literalFindings([...path, "verify", "coverage", "report"], task.verify.coverage.report)),
    ]),
    ...list(["workspace", "link"], link, slashed),
    ...list(["workspace", "scratch"], scratch, slashed),
    ...list(["workspace", "deny"], deny, slashed),
    ...list(["mayExtend"], plan.mayExtend, pathFindings),
    ...agents,
    ...relative,
  ];
};

/** The plan's own file and its agents' files, in lower case, as far as they are repository paths. */
function protectedFiles({ plan, file }: LintSubject): ReadonlySet<string> {
  const instructions = Object.values(plan.agents).flatMap((agent) => agent.instructions ?? []);
  const own = file.startsWith("./") ? file.slice(2) : file;
  return new Set([own, ...instructions].map((path) => path.toLowerCase()));
}

/** Listed paths that the hard deny refuses whatever the whitelist says. */
export const findHardDenied: LintRule = (subject) => {
  const files = protectedFiles(subject);
  const check = (path: DataPath, entry: string): Finding[] => {
    const value = withoutSlash(entry);
    if (pathFault(value) !== undefined || !isHardDenied(value, files)) return [];
    const message = `'${value}' is protected (plan, agent, profile, CI, hook settings, .worknode): no agent may write it`;
    return [error(path, "hard-denied-path", message)];
  };
  const { link = [], scratch } = subject.plan.workspace;
  return [
    ...subject.tasks.flatMap(({ task, path }) => list([...path, "files", "write"], task.files.write, check)),
    ...list(["mayExtend"], subject.plan.mayExtend, check),
    ...list(["workspace", "scratch"], scratch, check),
    ...list(["workspace", "link"], link, check),
  ];
};

/** Whether `workspace.deny` masks a literal path; an entry without a slash holds at any depth. */
function isMasked(path: string, deny: readonly string[]): boolean {
  const parts = path.split("/");
  const heads = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  return deny.map(withoutSlash).some((entry) => {
    const set = compileWriteSet([entry]);
    return (entry.includes("/") ? heads : parts).some((name) => set.has(name));
  });
}

/** Whitelisted paths that another setting makes void: masked by `deny`, or never merged as `scratch`. */
export const findVoidPaths: LintRule = ({ plan, tasks }) => {
  const { deny, scratch, link = [] } = plan.workspace;
  const folders = scratch.map(withoutSlash).filter((entry) => !isPattern(entry));
  const masked = (path: DataPath, entry: string): Finding[] => {
    const value = withoutSlash(entry);
    if (isPattern(value) || !isMasked(value, deny)) return [];
    return [error(path, "matches-nothing", `'${value}' is masked by workspace.deny`)];
  };
  const unmerged = (path: DataPath, value: string): Finding[] => {
    const folder = folders.find((entry) => isWithin(value, entry));
    if (folder === undefined) return [];
    return [warning(path, "write-in-scratch", `'${value}' lies in scratch '${folder}' and is never merged`)];
  };
  return [
    ...tasks.flatMap(({ task, path }) => list([...path, "files", "write"], task.files.write, masked)),
    ...tasks.flatMap(({ task, path }) => list([...path, "files", "write"], task.files.write, unmerged)),
    ...list(["workspace", "link"], link, (path, entry) => masked(path, `${withoutSlash(entry)}/x`)),
  ];
};
