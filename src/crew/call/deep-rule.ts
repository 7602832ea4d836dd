import { deepProgram } from "../../effect/code/deep-check.js";
import type { PlanCommand } from "../../effect/sandbox/plan-commands.js";
import type { Finding } from "../../measure/finding.js";
import { isCodeFile, languageOf } from "../../measure/language.js";
import { judgeDeep } from "../../measure/power-of-ten/deep-judge.js";
import { absoluteOf, DEEP_TOOLS, type DeepFinding, readDeepRun } from "../../measure/power-of-ten/deep-tool.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import type { ChangedFile } from "../../measure/report/coverage.js";
import type { Crew } from "../state/context.js";
import type { CommandRun } from "../state/records.js";

/** What a deeper check's run is recorded as, beside the plan's own `compile`, `lint` and `test`. */
export const DEEP_ROLE = "deep";

/** Files of one task that are looked at deeper; what is beyond is unknown. */
const MAX_DEEP_FILES = 200;

/**
 * The commands that look deeper into the C and C++ a task changed, where the plan enforces the Power of Ten (DESIGN
 * §9): those of the programs that are installed. They run after the plan's commands, in the same sandbox.
 */
export function deepCommands(crew: Pick<Crew, "limits">, files: readonly ChangedFile[], root: string): PlanCommand[] {
  const asked = askedFiles(crew, files).slice(0, MAX_DEEP_FILES);
  if (asked.length === 0) return [];
  return DEEP_TOOLS.flatMap((tool) => {
    const program = deepProgram(tool);
    const paths = asked.map(({ path }) => absoluteOf(path, root));
    return program === undefined ? [] : [{ role: DEEP_ROLE, argv: [program, ...tool.args(paths, root)] }];
  });
}

/** What these commands found on the lines a task changed; a program that is missing is said to be, and blocks nothing. */
export function deepFindings(
  crew: Pick<Crew, "limits">,
  files: readonly ChangedFile[],
  { root, runs }: { readonly root: string; readonly runs: readonly CommandRun[] },
): Finding[] {
  const all = askedFiles(crew, files);
  const asked = all.slice(0, MAX_DEEP_FILES);
  const found = DEEP_TOOLS.flatMap((tool) => {
    const run = runs.find(({ role, argv }) => role === DEEP_ROLE && argv[0] === deepProgram(tool));
    return readDeepRun(tool, run, { root, files: asked.map(({ path }) => path) });
  });
  return judgeDeep([...found, ...all.slice(MAX_DEEP_FILES).map(notAsked)], all);
}

function askedFiles({ limits }: Pick<Crew, "limits">, files: readonly ChangedFile[]): ChangedFile[] {
  if (limits.validation.powerOfTen !== "enforce") return [];
  return files.filter(({ path }) => isCodeFile(path) && isCFamily(languageOf(path)));
}

function notAsked({ path }: ChangedFile): DeepFinding {
  const message = `not looked at deeper: more than ${MAX_DEEP_FILES} files changed`;
  return { file: path, rule: "p10-10-warnings", line: 1, verdict: "unknown", message };
}
