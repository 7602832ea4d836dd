import { openHistory } from "../../effect/history.js";
import { invalid } from "../../kernel/fault.js";
import type { CheckMode, ProvenanceMode } from "../../schema/check-policy.js";
import type { CheckReport } from "../../schema/check-report.js";
import { findRuleFile, POLICY_PATH } from "./rule-files.js";
import { findSubject, type Subject, type SubjectWish } from "./subject.js";

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
  /** Makes the measures of these files' languages ready. */
  readonly loadMeasures: (paths: Iterable<string>) => Promise<void>;
}

/**
 * Judges a change, what is staged, or a whole tree by the rules of the base. Writes nothing but a baseline it is
 * asked to write. What judges is loaded where there is something to judge: most pushes of a large repository's CI
 * have little to look at. Throws Faults of exit 2 for input that cannot be judged: that is never a pass.
 */
export async function runCheck(place: CheckPlace, wish: CheckWish): Promise<CheckReport> {
  refuseWish(wish);
  const history = await openHistory(place.cwd, place.env);
  const subject = await findSubject(history, wish, place.env);
  const policy = await findRuleFile({ history, rules: subject.rules, cwd: place.cwd }, POLICY_PATH);
  if (policy === undefined && subject.differences?.length === 0 && wish.plan === undefined)
    return nothingChanged(subject, wish.mode ?? "observe");
  const { judgeSubject } = await import("./judge-subject.js");
  return await judgeSubject({ history, subject, place, wish, policy });
}

/** Options that contradict each other, and why. */
const CONTRADICTIONS: readonly (readonly [(wish: CheckWish) => boolean, string])[] = [
  [({ all, staged }) => all === true && staged === true, "--all and --staged say different things; give one."],
  [({ all, coverage }) => all === true && coverage.length > 0, "--coverage is about changed lines; leave --all out."],
  [
    ({ all, writeBaseline }) => writeBaseline === true && all !== true,
    "--write-baseline looks at every file; add --all.",
  ],
  [({ run, plan }) => run === true && plan === undefined, "--run runs a plan's commands; add --plan FILE."],
  [
    ({ run, all, staged }) => run === true && (all === true || staged === true),
    "--run is of commits; leave --all and --staged out.",
  ],
  [
    ({ provenance = "off", all, staged }) => provenance !== "off" && (all === true || staged === true),
    "--provenance is of commits; leave --all and --staged out.",
  ],
  [({ task, plan }) => task !== undefined && plan === undefined, "--task names a task of a plan; add --plan FILE."],
];

function refuseWish(wish: CheckWish): void {
  const found = CONTRADICTIONS.find(([holds]) => holds(wish));
  if (found !== undefined) throw invalid("BAD_OPTIONS", found[1]);
}

/** The report on a change of nothing. Throws Fault NOTHING_TO_CHECK (exit 2) where it would have to pass. */
export function nothingChanged(subject: Subject, mode: CheckMode): CheckReport {
  const { from, head, scope } = subject;
  if (mode === "enforce")
    throw invalid("NOTHING_TO_CHECK", `${head.slice(0, 12)} does not differ from its base: nothing was checked.`);
  return {
    version: 1,
    mode,
    outcome: mode === "warn" ? "warned" : "observed",
    exit_code: 0,
    base: from,
    head,
    scope,
    checked: { files: 0, left_out: 0, functions: 0, lines: 0, rules: [], commits: 0 },
    findings: [],
    provenance: "off",
    baselined: 0,
    notes: ["nothing differs from the base: nothing was checked"],
  };
}
