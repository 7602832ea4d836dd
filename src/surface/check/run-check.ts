import { withHistory } from "../../effect/git/history.js";
import { invalid } from "../../kernel/fault.js";
import type { Language } from "../../measure/language.js";
import type { CheckMode, ProvenanceMode } from "../../schema/check-policy.js";
import type { CheckReport } from "../../schema/check-report.js";
import { nothingChanged } from "./nothing-changed.js";
import { findRuleFile } from "./rule-files.js";
import { POLICY_PATH } from "./rule-path.js";
import { findSubject, type SubjectWish } from "./subject.js";

/** What a check is asked to do: its options, as given. */
export interface CheckWish extends SubjectWish {
  readonly plan?: string;
  readonly task?: string;
  readonly coverage: readonly string[];
  readonly baseCoverage: readonly string[];
  readonly mode?: CheckMode;
  readonly approvedBy: readonly string[];
  readonly writeBaseline?: boolean;
  readonly provenance?: ProvenanceMode;
  readonly trust?: string;
  /** Runs the plan's commands in the sandbox. */
  readonly run?: boolean;
}

/** Where a check runs. */
export interface CheckPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Makes the measures of these languages ready. */
  readonly loadMeasures: (languages: Iterable<Language | undefined>) => Promise<void>;
}

/**
 * Judges a change, what is staged, or a whole tree by the rules of the base. Writes nothing but a baseline it is
 * asked to write. What judges is loaded where there is something to judge: most pushes of a large repository's CI
 * have little to look at. Throws Faults of exit 2 for input that cannot be judged: that is never a pass.
 */
export async function runCheck(place: CheckPlace, wish: CheckWish): Promise<CheckReport> {
  refuseWish(wish);
  return await withHistory(place, async (history) => {
    const subject = await findSubject(history, wish, place.env);
    const policy = await findRuleFile({ history, rules: subject.rules, cwd: place.cwd }, POLICY_PATH);
    if (policy === undefined && subject.differences?.length === 0 && !asksForPlan(wish))
      return nothingChanged(subject, wish.mode ?? "observe");
    const { judgeSubject } = await import("./judge-subject.js");
    return await judgeSubject({ history, subject, place, wish, policy });
  });
}

function asksForPlan({ plan, task, run }: CheckWish): boolean {
  return plan !== undefined || task !== undefined || run === true;
}

/** Options that contradict each other, and why. */
const CONTRADICTIONS: readonly (readonly [(wish: CheckWish) => boolean, string])[] = [
  [({ all, staged }) => all === true && staged === true, "--all and --staged say different things; give one."],
  [({ all, coverage }) => all === true && coverage.length > 0, "--coverage is about changed lines; leave --all out."],
  [
    ({ all, writeBaseline }) => writeBaseline === true && all !== true,
    "--write-baseline looks at every file; add --all.",
  ],
  [
    ({ run, all, staged }) => run === true && (all === true || staged === true),
    "--run is of commits; leave --all and --staged out.",
  ],
  [
    ({ provenance = "off", all, staged }) => provenance !== "off" && (all === true || staged === true),
    "--provenance is of commits; leave --all and --staged out.",
  ],
];

function refuseWish(wish: CheckWish): void {
  const found = CONTRADICTIONS.find(([holds]) => holds(wish));
  if (found !== undefined) throw invalid("BAD_OPTIONS", found[1]);
}
