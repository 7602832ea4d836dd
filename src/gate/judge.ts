import { messageOf } from "../kernel/fault.js";
import type { Proposal } from "../schema/proposal.js";
import type { Check, Denial, PolicyOutcome, Verdict } from "../schema/verdict.js";
import { GATE_CHECKS, type GateCheck, invalidInput } from "./checks.js";
import { denialOf, missing, type Refusal } from "./denial.js";
import { missingFact } from "./fact-shape.js";
import type { GateFacts, Judgement } from "./facts.js";
import { issuePermit } from "./permit.js";
import { isProposal, proposalFaults } from "./proposal-shape.js";
import { humansNeeded } from "./review.js";
import { riskOf } from "./risk.js";

/**
 * The one decision point. Runs all checks and records all results, even when the first fails. Total:
 * an exception in a check or a missing fact is a denial (`EscalationRequired`), never a pass. Pure:
 * the same proposal and facts give the same verdict. Only an approval carries a permit.
 */
export function judge(proposal: Proposal, facts: GateFacts): Judgement {
  const formed = isFormed(proposal);
  const subject = formed ? proposal.who.agent : "unknown";
  const checks: Check[] = [];
  const denials: Denial[] = [];
  const all: Refusal[] = [];
  for (const check of GATE_CHECKS) {
    const refusals = formed ? runCheck(check, proposal, facts) : refuseForm(check, proposal);
    checks.push(checkResult(check, refusals));
    for (const refusal of refusals) {
      all.push(refusal);
      denials.push(denialOf(subject, check.name, refusal));
    }
  }
  const verdict: Verdict = { outcome: outcomeOf(all), checks };
  const needs = formed ? reviewFacts(proposal, facts, all) : UNKNOWN_NEEDS;
  return { verdict, denials, ...needs, ...permitFor(verdict, proposal, facts) };
}

/** The verdict alone. */
export function decide(proposal: Proposal, facts: GateFacts): Verdict {
  return judge(proposal, facts).verdict;
}

function isFormed(proposal: unknown): boolean {
  try {
    return isProposal(proposal);
  } catch {
    return false;
  }
}

function refuseForm(check: GateCheck, proposal: unknown): Refusal[] {
  if (check.name === "schema") return [invalidInput("proposal", proposalFaults(proposal))];
  return [missing("there is no well-formed proposal")];
}

function runCheck(check: GateCheck, proposal: Proposal, facts: GateFacts): Refusal[] {
  try {
    const absent = missingFact(check.name, facts);
    return absent === undefined ? check.run(proposal, facts) : [missing(`the fact '${absent}' is missing`)];
  } catch (thrown) {
    return [missing(`the check '${check.name}' failed (${describe(thrown)})`)];
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
  const reason = refusals.map(({ code, message }) => `${code} ${message}`).join("; ");
  return { check: name, kind, pass: false, reason };
}

type Needs = Pick<Judgement, "risk" | "requires" | "humans">;

const UNKNOWN_NEEDS: Needs = { risk: 100, requires: [], humans: 0 };

function reviewFacts(proposal: Proposal, facts: GateFacts, refusals: readonly Refusal[]): Needs {
  try {
    const risk = riskOf(proposal, facts);
    const humans = humansNeeded(risk, facts, refusals);
    const requires: ("auditor" | "human")[] = [];
    if (refusals.some(({ rule }) => rule === "review-auditor")) requires.push("auditor");
    if (refusals.some(({ rule, code, escalate }) => rule === "review-human" || (code === "ERROR_POLICY" && escalate)))
      requires.push("human");
    return { risk, requires, humans };
  } catch {
    return UNKNOWN_NEEDS;
  }
}

function permitFor(verdict: Verdict, proposal: Proposal, facts: GateFacts): Pick<Judgement, "permit"> {
  if (verdict.outcome !== "Approved") return {};
  const { call_id: callId, what } = proposal;
  return { permit: issuePermit({ callId, argsHash: what.args_hash, nowMs: facts.nowMs }) };
}
