import { createHardDeny, type HardDeny, isWhollyDenied } from "../hard-deny.js";
import { isPattern, isWithin, pathFault, pathMatches, patternEmpty } from "../path-rule.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";
import type { LintRule, LintSubject } from "./subject.js";

/** Faults of one path or pattern by the path rules. */
function pathFindings(path: DataPath, value: string): Finding[] {
  const fault = pathFault(value);
  if (fault !== undefined) return [error(path, "bad-path", `path '${value}' ${fault}`)];
  const empty = patternEmpty(value);
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

/** The plan's own file and its agents' files, as far as they are repository paths. */
export function protectedFiles(subject: { plan: LintSubject["plan"]; file: string }): string[] {
  const instructions = Object.values(subject.plan.agents).flatMap((agent) => agent.instructions ?? []);
  const own = subject.file.startsWith("./") ? subject.file.slice(2) : subject.file;
  return [own, ...instructions];
}

function deniedFindings(deny: HardDeny, path: DataPath, value: string): Finding[] {
  if (pathFault(value) !== undefined || !isWhollyDenied(value, deny)) return [];
  const message = `'${value}' is protected (plan, agent, profile, CI, hook settings, .worknode): no agent may write it`;
  return [error(path, "hard-denied-path", message)];
}

/** Listed paths that the hard deny refuses whatever the whitelist says. */
export const findHardDenied: LintRule = (subject) => {
  const deny = createHardDeny(protectedFiles(subject));
  const check = (path: DataPath, value: string) => deniedFindings(deny, path, withoutSlash(value));
  const { link = [], scratch } = subject.plan.workspace;
  return [
    ...subject.tasks.flatMap(({ task, path }) => list([...path, "files", "write"], task.files.write, check)),
    ...list(["mayExtend"], subject.plan.mayExtend, check),
    ...list(["workspace", "scratch"], scratch, check),
    ...list(["workspace", "link"], link, check),
  ];
};

/** Whether `workspace.deny` masks a literal path; a pattern without a slash holds at any depth. */
export function isMasked(path: string, deny: readonly string[]): boolean {
  const parts = path.split("/");
  return deny.map(withoutSlash).some((pattern) => {
    if (!pattern.includes("/")) return parts.some((part) => pathMatches(part, pattern));
    return parts.some((_, index) => pathMatches(parts.slice(0, index + 1).join("/"), pattern));
  });
}

/** Whitelisted paths that another setting makes void: masked by `deny`, or never merged as `scratch`. */
export const findVoidPaths: LintRule = ({ plan, tasks }) => {
  const { deny, scratch, link = [] } = plan.workspace;
  const folders = scratch.map(withoutSlash).filter((entry) => !isPattern(entry));
  const writes = tasks.flatMap(({ task, path }) =>
    list([...path, "files", "write"], task.files.write, (at, value) => {
      if (isPattern(value)) return [];
      if (isMasked(value, deny)) return [error(at, "matches-nothing", `'${value}' is masked by workspace.deny`)];
      const folder = folders.find((entry) => isWithin(value, entry));
      return folder === undefined
        ? []
        : [warning(at, "write-in-scratch", `'${value}' lies in scratch '${folder}' and is never merged`)];
    }),
  );
  const links = list(["workspace", "link"], link, (at, value) =>
    isMasked(withoutSlash(value), deny)
      ? [error(at, "matches-nothing", `link '${value}' is masked by workspace.deny`)]
      : [],
  );
  return [...writes, ...links];
};
