import { messageOf } from "../kernel/fault.js";
import type { Proposal } from "../schema/proposal.js";
import type { Check, Denial, PolicyOutcome, Verdict } from "../schema/verdict.js";
import { GATE_CHECKS, type GateCheck } from "./checks.js";
import { missing } from "./check-plan.js";
import { denialOf, type Refusal } from "./denial.js";
import type { GateFacts, Judgement } from "./facts.js";
import { issuePermit } from "./permit.js";
import { reviewNeed } from "./review.js";
import { riskOf } from "./risk.js";

/**
 * The one decision point. Runs all checks and records all results, even when the first fails. Total:
 * an exception in a check or a missing fact is a denial (`EscalationRequired`), never a pass. Pure:
 * the same proposal and facts give the same verdict. Only an approval carries a permit.
 */
export function judge(proposal: Proposal, facts: GateFacts): Judgement {
  const results = GATE_CHECKS.map((check) => ({ check, refusals: runCheck(check, proposal, facts) }));
  const all = results.flatMap(({ refusals }) => refusals);
  const verdict: Verdict = {
    outcome: outcomeOf(all),
    checks: results.map(({ check, refusals }) => checkResult(check, refusals)),
  };
  const denials: Denial[] = results.flatMap(({ check, refusals }) =>
    refusals.map((refusal) => denialOf(proposal, check.name, refusal)),
  );
  return { verdict, denials, ...reviewFacts(proposal, facts, all), ...permitFor(verdict, proposal, facts) };
}

/** The verdict alone. */
export function decide(proposal: Proposal, facts: GateFacts): Verdict {
  return judge(proposal, facts).verdict;
}

function runCheck(check: GateCheck, proposal: Proposal, facts: GateFacts): Refusal[] {
  try {
    return check.run(proposal, facts);
  } catch (thrown) {
    return [missing(`the check '${check.name}' failed (${messageOf(thrown)})`)];
  }
}

/** One refusal that nobody can lift blocks; otherwise someone above may still decide. */
function outcomeOf(refusals: readonly Refusal[]): PolicyOutcome {
  if (refusals.length === 0) return "Approved";
  return refusals.every((refusal) => refusal.escalate === true) ? "EscalationRequired" : "PolicyBlocked";
}

function checkResult(check: GateCheck, refusals: readonly Refusal[]): Check {
  const { name, kind } = check;
  if (refusals.length === 0) return { check: name, kind, pass: true };
  const reason = refusals.map(({ code, message }) => `${code} ${message}`).join("; ");
  return { check: name, kind, pass: false, reason };
}

function reviewFacts(proposal: Proposal, facts: GateFacts, refusals: readonly Refusal[]): Pick<Judgement, "risk" | "requires" | "humans"> {
  try {
    const risk = riskOf(proposal, facts);
    const lacks = (rule: string): boolean => refusals.some((refusal) => refusal.rule === rule);
    const requires: ("auditor" | "human")[] = [];
    if (lacks("review-auditor")) requires.push("auditor");
    if (lacks("review-human")) requires.push("human");
    return { risk, requires, humans: reviewNeed(risk, facts.risk).humans };
  } catch {
    return { risk: 100, requires: [], humans: 0 };
  }
}

function permitFor(verdict: Verdict, proposal: Proposal, facts: GateFacts): Pick<Judgement, "permit"> {
  if (verdict.outcome !== "Approved") return {};
  const { call_id: callId, what } = proposal;
  return { permit: issuePermit({ callId, argsHash: what.args_hash, nowMs: facts.nowMs }) };
}
