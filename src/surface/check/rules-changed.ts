import { readAt } from "../../effect/git/history-files.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import { hardDenied } from "../../gate/hard-deny.js";
import { Fault } from "../../kernel/fault.js";
import type { CheckPolicy } from "../../schema/check-policy.js";
import type { CheckFinding } from "../../schema/check-report.js";
import { aboutFile } from "./finding.js";
import { POLICY_PATH } from "./rule-path.js";
import type { Judged } from "./rules.js";

/** A change to the files that say how changes are judged. */
interface RulesChange {
  readonly policy: CheckPolicy;
  readonly differences: readonly TreeDifference[];
  readonly isRule: (path: string) => boolean;
  /** Who is said to have approved it. */
  readonly approvedBy: readonly string[];
  /** Text of the policy as the change leaves it; null where it does not touch it or takes it away. */
  readonly proposed: string | null;
}

/**
 * A change to policy, plan, baseline, keys or what starts the check is a finding until somebody approves it whom the base
 * names; where the base names nobody, anybody. A policy that could not be used afterwards is one whoever approves it.
 */
export async function judgeRules(
  judged: Judged,
  differences: readonly TreeDifference[],
  approvedBy: readonly string[],
): Promise<{ findings: CheckFinding[]; notes: string[] }> {
  const { history, subject, policy } = judged;
  const starters = await startersOf(judged, differences);
  const isNew = differences.some(({ path }) => path === POLICY_PATH);
  const proposed = isNew ? ((await readAt(history, subject.head, POLICY_PATH))?.toString("utf8") ?? null) : null;
  const isRule = (path: string): boolean => judged.isRule(path) || starters.has(path);
  return await judgeRulesChange({ policy, differences, isRule, approvedBy, proposed });
}

/** Files that start worknode, whoever wrote them: those of CI, hooks and clients that name it on the base, and more. */
async function startersOf(
  { history, subject }: Pick<Judged, "history" | "subject">,
  differences: readonly TreeDifference[],
): Promise<ReadonlySet<string>> {
  const starters = new Set(differences.map(({ path }) => path).filter((path) => AGENTS.test(path)));
  for (const { path } of differences.filter(({ path }) => isStarter(path))) {
    const text = await regularAt(history, subject.rules, path);
    if (text?.includes("worknode") === true) starters.add(path);
  }
  for (const { path } of differences.filter(({ path }) => MANIFEST.test(path))) {
    const before = linesNaming(await regularAt(history, subject.rules, path));
    const after = linesNaming(await regularAt(history, subject.head, path));
    if (before.some((line) => !after.includes(line))) starters.add(path);
  }
  return starters;
}

/** Files that hold commands and versions: what of them names worknode says which one is started, and how. */
const MANIFEST =
  /(?:^|\/)(?:package(?:-lock)?\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock|(?:gnu)?makefile|justfile|taskfile\.ya?ml|pyproject\.toml|tox\.ini|noxfile\.py|[^/]+\.sh)$/i;

function linesNaming(text: Buffer | null): string[] {
  const lines = (text?.toString("utf8") ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line.includes("worknode"));
}

/** What agents may do and are told in every later run. */
const AGENTS = /^\.worknode\/(?:agents|capabilities)\//;

/** A file of a commit; null also where a link or a submodule has its name. */
async function regularAt(history: Judged["history"], commit: string, path: string): Promise<Buffer | null> {
  try {
    return await readAt(history, commit, path);
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "NO_REGULAR_FILE") return null;
    throw thrown;
  }
}

function isStarter(path: string): boolean {
  return !path.startsWith(".worknode/") && hardDenied(path, new Set());
}

async function judgeRulesChange(change: RulesChange): Promise<{ findings: CheckFinding[]; notes: string[] }> {
  const { differences, approvedBy, policy } = change;
  const changed = differences.filter(({ path }) => change.isRule(path));
  if (changed.length === 0) return { findings: [], notes: [] };
  const fault = await policyFault(change);
  const broken = fault === undefined ? [] : [brokenPolicy(fault)];
  const said = approvedBy.filter((name) => name.trim() !== "");
  const named = said.filter((name) => policy.approvers.length === 0 || policy.approvers.includes(name));
  if (named.length === 0)
    return { findings: [...broken, ...changed.map(({ path }) => finding(path, policy))], notes: [] };
  const notes = changed.map(({ path }) => `${path} changes the rules; approved by ${named.join(", ")} (claimed)`);
  return { findings: broken, notes };
}

async function policyFault({ proposed }: RulesChange): Promise<string | undefined> {
  if (proposed === null) return undefined;
  const { parsePolicy } = await import("./policy.js");
  try {
    parsePolicy({ path: POLICY_PATH, text: proposed });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message;
    throw thrown;
  }
}

function brokenPolicy(fault: string): CheckFinding {
  return aboutFile(POLICY_PATH, {
    rule: "rules-changed",
    code: "ERROR_RULES_CHANGED",
    message: `With this change ${fault}`,
    remedy: "Correct it: once merged, every check would end with exit code 2.",
  });
}

function finding(path: string, { approvers }: CheckPolicy): CheckFinding {
  const who = approvers.length === 0 ? "a person" : approvers.join(" or ");
  return aboutFile(path, {
    rule: "rules-changed",
    code: "ERROR_RULES_CHANGED",
    message: `${path} says how changes are judged and is changed here; the rules of the base were used`,
    remedy: `Make it a change of its own. It needs the approval of ${who}, given by CI as --approved-by NAME.`,
  });
}
