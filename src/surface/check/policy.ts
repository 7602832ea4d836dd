import { invalid } from "../../kernel/fault.js";
import { parseYaml } from "../../plan/document.js";
import { formatFault, type PlanFault, sortFaults } from "../../plan/plan-fault.js";
import { findingsOf } from "../../plan/schema-finding.js";
import { type CheckPolicy, checkPolicySchema } from "../../schema/check-policy.js";
import type { RuleFile } from "./rule-files.js";

/** Parses a policy. Throws Fault BAD_POLICY (exit 2) with every fault and its place. */
export function parsePolicy({ path, text }: Pick<RuleFile, "path" | "text">): CheckPolicy {
  const document = parseYaml(text);
  const parsed = checkPolicySchema.safeParse(document.data);
  if (parsed.success && document.faults.length === 0) return parsed.data;
  const findings = parsed.success ? [] : parsed.error.issues.flatMap((issue) => findingsOf(issue, document.data));
  const faults = findings.map(({ path: at, code, message }): PlanFault => {
    const place = code === "unknown-key" ? document.locateKey(at) : document.locate(at);
    return { ...place, code, message, severity: "error" };
  });
  const lines = sortFaults([...document.faults, ...faults]).map((fault) => formatFault(path, fault));
  throw invalid("BAD_POLICY", `the policy cannot be used:\n${lines.join("\n")}`);
}
