import { type CommitFact, type CommitProvenance, judgeProvenance } from "../../capability/provenance.js";
import type { ProvenanceRule } from "../../capability/provenance-fault.js";
import { receiptTexts } from "../../capability/receipt.js";
import { parseTrust, type Trust } from "../../capability/trust.js";
import type { History } from "../../effect/git/history.js";
import { emptyTree } from "../../effect/git/tree-object.js";
import type { Commit } from "../../effect/provenance/commits.js";
import { commitFacts, otherCommits } from "../../effect/provenance/provenance-facts.js";
import { replays } from "../../effect/provenance/receipt-use.js";
import { invalid } from "../../kernel/fault.js";
import type { CheckPolicy, ProvenanceMode } from "../../schema/check-policy.js";
import type { CheckFinding } from "../../schema/check-report.js";
import { guessAuthor } from "./authors.js";
import { aboutFile } from "./finding.js";
import { type RulePlace, requireRuleFile } from "./rule-files.js";
import type { Subject } from "./subject.js";
import type { VerifyAgain } from "./verify-again.js";

/** How a change's commits are verified. */
export interface ProvenanceWish {
  readonly mode: Exclude<ProvenanceMode, "off">;
  readonly policy: CheckPolicy;
  readonly place: RulePlace;
  readonly subject: Subject;
  /** The file of trusted keys. */
  readonly trust: string;
  /** Hash of the plan the receipts must name; undefined: any. */
  readonly planHash: string | undefined;
  /** Verifies a rebased or partial commit anew; undefined where nothing is run. */
  readonly verifyAgain: VerifyAgain | undefined;
}

/** What became of the commits. */
export interface ProvenanceReport {
  readonly findings: readonly CheckFinding[];
  readonly notes: readonly string[];
  readonly commits: number;
}

/**
 * Verifies every commit of a change; with `appliesTo: agents` those with a receipt or taken for an agent's. Throws
 * Fault NO_RULE_FILE, BAD_TRUST, SHALLOW (exit 2): without keys nothing can be verified, and that is no pass.
 */
export async function judgeCommits(wish: ProvenanceWish): Promise<ProvenanceReport> {
  const { mode, policy, place, subject } = wish;
  if (subject.scope !== "change")
    return { findings: [], commits: 0, notes: ["provenance is of commits: not looked at here"] };
  const all = await subject.commits();
  const commits = all.filter((commit) => isAsked(commit, policy));
  const trust = await readTrust(place, wish.trust);
  const others = await otherCommits(place.history, subject.head);
  const facts = await commitFacts(place.history, commits);
  const bases = await basesOf(place.history, subject);
  const replayed = await replays(place.history, facts, bases);
  const first = judgeProvenance(facts, others, { trust, again: new Map(), replayed });
  const again = await verifyRebased(first, facts, wish.verifyAgain);
  const judged = again.size === 0 ? first : judgeProvenance(facts, others, { trust, again, replayed });
  const severity = mode === "require" ? "error" : "warning";
  const findings = judged.flatMap((commit) => [...faultsOf(commit), ...planFaults(commit, wish.planHash)]);
  return {
    findings: findings.map((finding) => ({ ...finding, severity })),
    notes: judged.map(noteOf),
    commits: commits.length,
  };
}

/** Commits whose history the change adds to; where it is compared with a tree, the base's alone. */
async function basesOf({ objects }: History, { rules, from }: Subject): Promise<string[]> {
  const known = await objects.describe([rules, from ?? rules]);
  return [...new Set(known.filter((object) => object?.type === "commit").flatMap((object) => object?.id ?? []))];
}

/** Commits whose evidence is for another tree. */
const AGAIN: ReadonlySet<CommitProvenance["standing"]> = new Set(["rebased", "partial"]);

/** What verifying those anew came to, by commit: each of them on its own tree, as other commits follow it. */
async function verifyRebased(
  judged: readonly CommitProvenance[],
  facts: readonly CommitFact[],
  verifyAgain: VerifyAgain | undefined,
): Promise<Map<string, string | null>> {
  const again = new Map<string, string | null>();
  if (verifyAgain === undefined) return again;
  for (const { commit, receipts } of judged.filter(({ standing }) => AGAIN.has(standing))) {
    const parentTree = facts.find(({ id }) => id === commit)?.parentTree ?? emptyTree(commit);
    again.set(commit, await verifyAgain({ id: commit, parentTree, receipts }));
  }
  return again;
}

function isAsked(commit: Commit, { appliesTo, agents }: CheckPolicy): boolean {
  return appliesTo === "all" || receiptTexts(commit.message).length > 0 || guessAuthor(commit, agents).agent;
}

async function readTrust(place: RulePlace, path: string): Promise<Trust> {
  const file = await requireRuleFile(place, path);
  const parsed = parseTrust(file.text);
  if (parsed.ok) return parsed.value;
  throw invalid("BAD_TRUST", `${file.path} is no trust file: ${parsed.error}.`);
}

const CODES: Readonly<Record<ProvenanceRule, string>> = {
  "provenance-missing": "ERROR_RECEIPT_MISSING",
  "provenance-signature": "ERROR_RECEIPT_SIGNATURE",
  "provenance-changed": "ERROR_RECEIPT_CHANGED",
  "provenance-rebased": "ERROR_RECEIPT_REBASED",
  "provenance-partial": "ERROR_RECEIPT_PARTIAL",
  "provenance-capability": "ERROR_CAPABILITY",
  "provenance-whitelist": "ERROR_PLAN_VIOLATION",
  "provenance-checks": "ERROR_TESTS_FAILED",
  "provenance-trailers": "ERROR_RECEIPT_TRAILERS",
};

function faultsOf({ commit, faults }: CommitProvenance): CheckFinding[] {
  return faults.map(({ rule, path, message, remedy }) =>
    aboutFile(path ?? "", { rule, code: CODES[rule], message: `Commit ${commit.slice(0, 12)}: ${message}`, remedy }),
  );
}

function planFaults({ commit, receipts }: CommitProvenance, planHash: string | undefined): CheckFinding[] {
  const other = receipts.find(({ plan }) => planHash !== undefined && plan.hash !== planHash);
  if (other === undefined) return [];
  const message = `Commit ${commit.slice(0, 12)}: its plan ${other.plan.hash.slice(0, 12)} is not the one that is judged by`;
  const remedy = "Judge by the plan the work was done under, or have it done under this one.";
  return [aboutFile("", { rule: "provenance-capability", code: "ERROR_CAPABILITY", message, remedy })];
}

/** How a commit stands, who approved it and what was waived, as a reader of CI must see it. */
function noteOf({ commit, standing, receipts }: CommitProvenance): string {
  const tasks = receipts.map(({ task, agent }) => ` ${task} by ${agent}`);
  const approvals = receipts.flatMap((receipt) => receipt.approvals.filter(({ decision }) => decision === "approved"));
  const people = [...new Set(approvals.map(({ by }) => by))];
  const waived = [...new Set(receipts.flatMap(({ checks }) => checks.waivers.map(({ rule }) => rule)))];
  return [
    `${commit.slice(0, 12)} ${standing}${tasks.join(",")}`,
    ...(people.length === 0 ? [] : [`approved by ${people.join(", ")}`]),
    ...(waived.length === 0 ? [] : [`waived: ${waived.join(", ")}`]),
  ].join("; ");
}
