import { messageOf } from "../kernel/fault.js";
import type { Proposal } from "../schema/proposal.js";
import type { Check, Denial, PolicyOutcome, Verdict } from "../schema/verdict.js";
import { GATE_CHECKS, type GateCheck, invalidInput } from "./checks.js";
import { denialOf, missing, type Refusal } from "./denial.js";
import { missingFact } from "./fact-shape.js";
import type { GateFacts, JudgedCall, Judgement } from "./facts.js";
import { issuePermit } from "./permit.js";
import { isProposal, proposalFaults } from "./proposal-shape.js";
import { reviewNeed } from "./review.js";
import { MAX_RISK, riskOf } from "./risk.js";

const UNKNOWN_RISK = Number.NaN;

/**
 * The one decision point. Runs all checks and records all results, even when the first fails. Total:
 * an exception in a check or a missing fact is a denial (`EscalationRequired`), never a pass. Pure:
 * the same proposal and facts give the same verdict. Only an approval carries a permit.
 */
export function judge(proposal: Proposal, facts: GateFacts): Judgement {
  try {
    if (isProposal(proposal)) return judgeCall({ proposal, facts, risk: assessRisk(proposal, facts) });
  } catch {
    // What cannot even be read is refused below.
  }
  return conclude("unknown", (check) => refuseForm(check, proposal)).judgement;
}

function judgeCall(call: JudgedCall): Judgement {
  const { judgement, refusals } = conclude(call.proposal.who.agent, (check) => runCheck(check, call));
  if (judgement.verdict.outcome === "Approved") return approval(judgement.verdict, call);
  const risk = Number.isNaN(call.risk) ? MAX_RISK : call.risk;
  const { verdict, denials } = judgement;
  return { verdict, denials, risk, requires: requiredOf(refusals), humans: humansOf(refusals, call) };
}

/** Runs the checks and gathers what they say. */
function conclude(
  subject: string,
  run: (check: GateCheck) => Refusal[],
): { judgement: Judgement; refusals: readonly Refusal[] } {
  const checks: Check[] = [];
  const denials: Denial[] = [];
  const refusals: Refusal[] = [];
  for (const check of GATE_CHECKS) {
    const found = run(check);
    checks.push(checkResult(check, found));
    for (const refusal of found) {
      refusals.push(refusal);
      denials.push(denialOf(subject, check.name, refusal));
    }
  }
  const verdict: Verdict = { outcome: outcomeOf(refusals), checks };
  return { judgement: { verdict, denials, risk: MAX_RISK, requires: [], humans: 0 }, refusals };
}

function approval(verdict: Verdict, { proposal, facts, risk }: JudgedCall): Judgement {
  const { call_id: callId, what } = proposal;
  const permit = issuePermit({ callId, argsHash: what.args_hash });
  return { verdict, denials: [], risk, requires: [], humans: humansOf([], { proposal, facts, risk }), permit };
}

/** The verdict alone. */
export function decide(proposal: Proposal, facts: GateFacts): Verdict {
  return judge(proposal, facts).verdict;
}

function refuseForm(check: GateCheck, proposal: unknown): Refusal[] {
  if (check.name === "schema") return [invalidInput("proposal", proposalFaults(proposal))];
  return [missing("there is no well-formed proposal")];
}

function runCheck(check: GateCheck, call: JudgedCall): Refusal[] {
  try {
    const absent = missingFact(check.name, call.facts);
    return absent === undefined ? check.run(call) : [missing(`the fact '${absent}' is missing`)];
  } catch (thrown) {
    return [missing(`the check '${check.name}' failed (${describe(thrown)})`)];
  }
}

/** The score once for all who ask; NaN where the facts give none, and the risk check then denies. */
function assessRisk(proposal: Proposal, facts: GateFacts): number {
  try {
    return missingFact("risk", facts) === undefined ? riskOf(proposal, facts) : UNKNOWN_RISK;
  } catch {
    return UNKNOWN_RISK;
  }
}

/** What was thrown may itself be something that cannot be read. */
function describe(thrown: unknown): string {
  try {
    return messageOf(thrown);
  } catch {
    return "unknown";
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
  return { check: name, kind, pass: false, reason: reasonOf(refusals) };
}

function reasonOf(refusals: readonly Refusal[]): string {
  let reason = "";
  for (const { code, message } of refusals) reason += `${reason === "" ? "" : "; "}${code} ${message}`;
  return reason;
}

/** Sign-offs that would help: those the review lacks, and a person's where a policy may be overridden. */
function requiredOf(refusals: readonly Refusal[]): ("auditor" | "human")[] {
  const requires: ("auditor" | "human")[] = [];
  if (refusals.some(({ rule }) => rule === "review-auditor")) requires.push("auditor");
  if (refusals.some((refusal) => refusal.rule === "review-human" || isOverridable(refusal))) requires.push("human");
  return requires;
}

function isOverridable({ code, escalate }: Refusal): boolean {
  return code === "ERROR_POLICY" && escalate === true;
}

/** How many people must approve: for the risk, or to override a policy. */
function humansOf(refusals: readonly Refusal[], { facts, risk }: JudgedCall): number {
  const least = refusals.some(isOverridable) ? 1 : 0;
  return Number.isNaN(risk) ? least : Math.max(least, reviewNeed(risk, facts.risk)?.humans ?? 0);
}
