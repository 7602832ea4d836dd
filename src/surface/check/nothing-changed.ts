import { invalid } from "../../kernel/fault.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CheckReport } from "../../schema/check-report.js";
import type { Subject } from "./subject.js";

/** The report on a change of nothing. Throws Fault NOTHING_TO_CHECK (exit 2) where it would have to pass. */
export function nothingChanged(
  { from, head, scope }: Pick<Subject, "from" | "head" | "scope">,
  mode: CheckMode,
): CheckReport {
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
    checked: { files: 0, left_out: 0, unmeasured: 0, functions: 0, lines: 0, rules: [], commits: 0 },
    findings: [],
    provenance: "off",
    baselined: 0,
    notes: ["nothing differs from the base: nothing was checked"],
  };
}
