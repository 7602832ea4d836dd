import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { receiptTexts } from "../../capability/receipt.js";
import { type History, withHistory } from "../../effect/git/history.js";
import { indexTree } from "../../effect/git/history-files.js";
import { emptyTree } from "../../effect/git/tree-object.js";
import { findCommits } from "../../effect/provenance/commits.js";
import { Fault, invalid } from "../../kernel/fault.js";
import type { CheckMode } from "../../schema/check-policy.js";
import type { CheckReport } from "../../schema/check-report.js";
import type { HookName } from "./hook-name.js";
import { findRuleFile } from "./rule-files.js";
import { POLICY_PATH } from "./rule-path.js";
import { type CheckPlace, type CheckWish, runCheck } from "./run-check.js";
import { commitOf, type SubjectWish } from "./subject.js";

/** What git told a hook. */
export interface HookCall {
  readonly name: HookName;
  readonly args: readonly string[];
  /** Standard input, read where the hook has one. */
  readonly input: () => string;
}

/** What a hook found: a report for each thing judged, and what else is to be said. */
export interface HookReport {
  readonly reports: readonly CheckReport[];
  readonly notes: readonly string[];
  readonly exitCode: number;
}

/** Runs what a hook of git asks. Throws the Faults of `runCheck`: what cannot be judged does not pass. */
export async function runHook(place: CheckPlace, wish: CheckWish, call: HookCall): Promise<HookReport> {
  if (call.name === "pre-commit") return await judged([() => runCheck(place, { ...wish, staged: true })]);
  if (call.name === "commit-msg") return await judgeMessage(place, wish, call.args[0]);
  const ranges = await withHistory(place, async (history) => {
    const found: Awaited<ReturnType<typeof rangeOf>>[] = [];
    for (const update of parseUpdates(call.input(), call.name)) found.push(await rangeOf(history, update, call));
    return found;
  });
  const notes = ranges.filter((range) => typeof range === "string");
  const judging = ranges.filter((range) => typeof range !== "string");
  const report = await judged(judging.map((range) => () => runCheck(place, { ...wish, ...range })));
  return { ...report, notes: [...notes, ...report.notes] };
}

/** An empty change is nothing to stop: a hook is called for those as well. */
async function judged(checks: readonly (() => Promise<CheckReport>)[]): Promise<HookReport> {
  const reports: CheckReport[] = [];
  const notes: string[] = [];
  for (const check of checks) {
    try {
      reports.push(await check());
    } catch (thrown) {
      if (!(thrown instanceof Fault && thrown.code === "NOTHING_TO_CHECK")) throw thrown;
      notes.push(thrown.message);
    }
  }
  return { reports, notes, exitCode: worst(reports.map(({ exit_code }) => exit_code)) };
}

/** Of several codes the first of these (DESIGN §13). */
function worst(codes: readonly number[]): number {
  return [6, 3, 4].find((code) => codes.includes(code)) ?? 0;
}

/** One ref that a push changes. */
interface RefUpdate {
  readonly ref: string;
  readonly from: string;
  readonly to: string;
}

/** `pre-push` gives `<local ref> <local id> <remote ref> <remote id>`, `pre-receive` `<old id> <new id> <ref>`. */
function parseUpdates(input: string, name: HookName): RefUpdate[] {
  return input
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const fields = line.trim().split(" ");
      const [to = "", ref = "", from = ""] =
        name === "pre-push" ? fields.slice(1) : [fields[1], fields[2], fields[0]].map((field) => field ?? "");
      if (isId(from) && isId(to) && ref !== "") return { ref, from, to };
      throw invalid("BAD_HOOK_INPUT", `git's ${name} hook was given a line of another form: ${JSON.stringify(line)}.`);
    });
}

function isId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

function isNothing(id: string): boolean {
  return /^0+$/.test(id);
}

/**
 * What of an update is judged, or why nothing is. The rules are those of the default branch, also where a branch has
 * older ones; what is judged is what the update adds to the ref, or, where it does not go on from it, to the default
 * branch. To take the default branch itself back is a change from what it holds.
 */
async function rangeOf(history: History, { ref, from, to }: RefUpdate, call: HookCall): Promise<SubjectWish | string> {
  if (isNothing(to)) return await deletionOf(history, ref, call);
  const base = await baseOf(history, call);
  const [old] = await findCommits(history, isNothing(from) ? [] : [from]);
  const rules = base ?? old;
  if (rules === undefined) return `${ref} is new and there is nothing to compare it with: not judged`;
  const goesOn = old === rules || (await succeeds(history, ["merge-base", "--is-ancestor", from, to]));
  return goesOn ? { base: rules, head: to, from } : await fromBase(history, rules, to);
}

/** Without its default branch a server has no rules. Throws Fault DEFAULT_BRANCH (exit 2). */
async function deletionOf(history: History, ref: string, { name }: HookCall): Promise<string> {
  const head = name === "pre-receive" ? await history.git.attempt(["symbolic-ref", "--quiet", "HEAD"]) : undefined;
  if (head?.stdout.toString("utf8").trim() !== ref) return `${ref} is deleted: there is nothing to judge`;
  throw invalid(
    "DEFAULT_BRANCH",
    `${ref} is the default branch, whose rules hold for every other: it is not deleted by a push. On the server: git symbolic-ref HEAD refs/heads/OTHER.`,
  );
}

/** Histories that share nothing are judged as all new. */
async function fromBase(history: History, base: string, head: string): Promise<SubjectWish> {
  const isRelated = await succeeds(history, ["merge-base", base, head]);
  return isRelated ? { base, head } : { base, head, from: emptyTree(head) };
}

async function succeeds({ git }: History, args: readonly string[]): Promise<boolean> {
  return (await git.attempt(args)).code === 0;
}

/**
 * The server's default branch, as the client knows it. Undefined in a repository without a branch. Throws Fault NO_BASE
 * (exit 2) where HEAD names a branch that is not there and others are: nothing would be judged, for ever.
 */
async function baseOf(history: History, { name, args }: HookCall): Promise<string | undefined> {
  if (name === "pre-push") {
    const remote = args[0] ?? "origin";
    const places = ["HEAD", "main", "master"].map((branch) => `refs/remotes/${remote}/${branch}`);
    return (await findCommits(history, places)).find((each) => each !== undefined);
  }
  const [base] = await findCommits(history, ["HEAD"]);
  if (base !== undefined || (await history.git.run(["for-each-ref", "--count=1"])) === "") return base;
  throw invalid(
    "NO_BASE",
    "HEAD of this repository names a branch that is not there, so nothing says what to compare with. On the server: git symbolic-ref HEAD refs/heads/BRANCH.",
  );
}

/**
 * A message made by hand must not carry a receipt for another tree than the one that is committed, nor name a task it
 * has no receipt of: that happens when a commit of worknode's is amended.
 */
async function judgeMessage(place: CheckPlace, wish: CheckWish, file: string | undefined): Promise<HookReport> {
  if (file === undefined) throw invalid("BAD_HOOK_INPUT", "git's commit-msg hook was given no file.");
  const message = readFileSync(resolve(place.cwd, file), "utf8").replace(/^#.*$/gm, "");
  const receipts = receiptTexts(message);
  const claims = /^[ \t]*Worknode-(?:Task|Agent|Plan):/m.test(message);
  if (receipts.length === 0 && !claims) return { reports: [], notes: [], exitCode: 0 };
  return await withHistory(place, async (history) => {
    const tree = await indexTree(history);
    if (receipts.some((text) => treeNamed(text) === tree)) return { reports: [], notes: [], exitCode: 0 };
    const mode = wish.mode ?? (await policyMode(place, history));
    const note =
      receipts.length === 0
        ? "the message names a task of worknode's and has no receipt of it; take the Worknode- lines out"
        : "the message carries a receipt for another tree than the one that is committed; take the Worknode- lines out";
    return { reports: [], notes: [note], exitCode: mode === "enforce" ? 4 : 0 };
  });
}

async function policyMode({ cwd }: CheckPlace, history: History): Promise<CheckMode> {
  const policy = await findRuleFile({ history, rules: await commitOf(history, "HEAD"), cwd }, POLICY_PATH);
  if (policy === undefined) return "observe";
  const { parsePolicy } = await import("./policy.js");
  return parsePolicy(policy).mode;
}

/** The tree a receipt names, believed or not. */
function treeNamed(text: string): string | undefined {
  try {
    const envelope = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as { payload: string };
    const statement = JSON.parse(Buffer.from(envelope.payload, "base64").toString("utf8")) as {
      subject: [{ digest: { gitTree: string } }];
    };
    return statement.subject[0].digest.gitTree;
  } catch {
    return undefined; // no receipt at all: it names no tree
  }
}
