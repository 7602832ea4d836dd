import type { History } from "../../effect/git/history.js";
import { emptyTree } from "../../effect/git/tree-object.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import type { PlacedCoverage } from "../../measure/report/coverage-place.js";
import type { CheckFinding, CheckReport } from "../../schema/check-report.js";
import { agentFiles, guessAuthor, guessNotes } from "./authors.js";
import { type ChangedCode, everyName, type ReadChange, readChange } from "./change.js";
import type { ProvenanceReport } from "./commit-provenance.js";
import { committedReports } from "./committed-report.js";
import { type CodeReport, judgeCode } from "./judge-code.js";
import { type Link, unjudgedLinks } from "./linked-code.js";
import { judgeEntries } from "./odd-entry.js";
import { type Outcome, reportOf, rulesOf } from "./outcome.js";
import type { Judged } from "./rules.js";
import { judgeRules } from "./rules-changed.js";
import type { CheckPlace, CheckWish } from "./run-check.js";
import type { TestRun } from "./run-tests.js";
import type { Subject } from "./subject.js";
import type { VerifyAgain } from "./verify-again.js";

/** Judges what a change, or what is staged, did: its files, its code, its commits. Throws Faults of exit 2. */
export async function checkChange(place: CheckPlace, judged: Judged, wish: CheckWish): Promise<CheckReport> {
  const { subject, selection } = judged;
  const all = subject.differences ?? [];
  const { differences, notes } = await judgedDifferences(judged, all);
  const { tests, verifyAgain } = await testsOf(place, judged, wish);
  const code = await judgeTexts(place, judged, { wish, differences, tests });
  const rules = await judgeRules(judged, all, wish.approvedBy);
  const origin = await judgeOrigin(place, judged, { wish, verifyAgain });
  const files = await judgeFiles(judged, differences);
  const out = [...differences.map(({ path }) => path).filter((path) => selection.isLeftOut(path)), ...code.unwanted];
  const isModule = ({ path, kind }: TreeDifference): boolean => kind === "special" && !selection.isLeftOut(path);
  const looked = {
    differences,
    leftOut: out.length + differences.filter(isModule).length,
    isOther: wish.run === true || origin.commits > 0,
  };
  return reportOf(judged, {
    ...code,
    findings: [...code.findings, ...files, ...rules.findings, ...origin.findings, ...tests.findings],
    notes: [...notes, ...leftOutNotes(out), ...rules.notes, ...origin.notes, ...tests.notes, ...code.notes],
    commits: origin.commits,
    files: differences.length,
    leftOut: all.length - differences.length + looked.leftOut,
    ...unjudged(judged, looked),
    rules: rulesOf(judged, { coverage: code.covered, tests: wish.run === true }),
    baselined: 0,
  });
}

/** Names of files told in a note. */
const MAX_NAMED = 10;

/** What nobody looked at is told by name: code may have been put there. */
function leftOutNotes(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const more = paths.length > MAX_NAMED ? ` and ${paths.length - MAX_NAMED} more` : "";
  return [`left out by the policy: ${paths.slice(0, MAX_NAMED).join(", ")}${more}`];
}

/** Whether anything of the change was judged: one of its files, its commits' receipts, or its tests. */
function unjudged(
  { plan }: Judged,
  looked: { differences: readonly TreeDifference[]; leftOut: number; isOther: boolean },
): Pick<Outcome, "unjudged"> {
  if (looked.isOther) return {};
  if (looked.differences.length === 0) return { unjudged: "exempt" };
  return plan === undefined && looked.leftOut === looked.differences.length ? { unjudged: "unjudged" } : {};
}

async function judgeFiles(judged: Judged, differences: readonly TreeDifference[]): Promise<CheckFinding[]> {
  const { plan, isRule } = judged;
  const odd = await judgeEntries(judged, differences);
  if (plan === undefined) return odd;
  const { judgePlanFiles } = await import("./plan-rules.js");
  return [...odd, ...judgePlanFiles(plan, differences, isRule)];
}

interface Texts {
  readonly wish: CheckWish;
  readonly differences: readonly TreeDifference[];
  readonly tests: TestRun;
}

async function judgeTexts(
  place: CheckPlace,
  judged: Judged,
  { wish, differences, tests }: Texts,
): Promise<CodeReport & Pick<ReadChange, "unmeasured" | "unwanted"> & { readonly covered: boolean }> {
  const { history, subject, selection, limits } = judged;
  const read = await readChange({ history, selection }, differences, place.loadMeasures);
  const links = differences.filter(({ kind }) => kind === "link");
  const unreadable = [...read.unreadable, ...(await unjudgedLinks(history, links.map(linkOf), judged))];
  const coverage = await readCoverageFiles(place, judged, { wish, code: read.code, tests });
  const change = { ...read, history, subject, differences, unreadable, limits, selection };
  const report = await judgeCode(coverage === undefined ? change : { ...change, coverage });
  const { unmeasured, unwanted } = read;
  const files = [...wish.coverage, ...wish.baseCoverage];
  const committed = await committedReports(history, subject.head, { files, cwd: place.cwd });
  const findings = [...report.findings, ...committed];
  return { ...report, findings, unmeasured, unwanted, covered: coverage !== undefined };
}

function linkOf({ path, after }: TreeDifference): Link {
  return { path, object: after ?? "" };
}

async function judgeOrigin(
  { cwd }: CheckPlace,
  { history, subject, policy, plan, provenance, trust }: Judged,
  { wish, verifyAgain }: { wish: CheckWish; verifyAgain: VerifyAgain | undefined },
): Promise<ProvenanceReport> {
  if (provenance === "off") return { findings: [], notes: [], commits: 0 };
  const { judgeCommits } = await import("./commit-provenance.js");
  return await judgeCommits({
    mode: provenance,
    policy,
    place: { history, rules: subject.rules, cwd },
    subject,
    trust,
    planHash: wish.plan === undefined ? undefined : plan?.hash,
    verifyAgain,
  });
}

/** With `appliesTo: agents`, what agents' commits touch; where it cannot be told who did it, an agent did. */
async function judgedDifferences(
  { history, subject, policy }: Judged,
  all: readonly TreeDifference[],
): Promise<{ differences: readonly TreeDifference[]; notes: string[] }> {
  if (policy.appliesTo === "all") return { differences: all, notes: [] };
  if (subject.scope === "staged")
    return { differences: all, notes: ["who commits is not known yet: judged as an agent"] };
  if (await takesBack(history, subject))
    return { differences: all, notes: ["it takes commits back, and who does is not known: judged as an agent"] };
  const guesses = (await subject.commits()).map((commit) => guessAuthor(commit, policy.agents));
  const files = await agentFiles(history, guesses);
  return { differences: all.filter(({ path }) => files.has(path)), notes: guessNotes(guesses) };
}

/** Whether what is judged lacks commits of what it is compared with, so that no commit of its own says why they went. */
async function takesBack({ git }: History, { from, head }: Subject): Promise<boolean> {
  if (from === null || from === emptyTree(head)) return false;
  return (await git.attempt(["merge-base", "--is-ancestor", from, head])).code !== 0;
}

const NOT_RUN: TestRun = { findings: [], notes: [], reports: [] };

/** Loaded where it is asked for: the sandbox is much code. */
async function testsOf(
  place: CheckPlace,
  judged: Judged,
  { run }: CheckWish,
): Promise<{ tests: TestRun; verifyAgain: VerifyAgain | undefined }> {
  const { plan, subject } = judged;
  if (run !== true || plan === undefined) return { tests: NOT_RUN, verifyAgain: undefined };
  const { confineCommands } = await import("./confined-commands.js");
  const { runTests } = await import("./run-tests.js");
  const { verifierOf } = await import("./verify-again.js");
  const confined = await confineCommands(plan, place);
  const tests = await runTests(plan, { head: subject.head, confined });
  return { tests, verifyAgain: verifierOf({ judged: { ...judged, plan }, place, confined }) };
}

async function readCoverageFiles(
  place: CheckPlace,
  { history, subject }: Judged,
  { wish, code, tests }: { wish: CheckWish; code: readonly ChangedCode[]; tests: TestRun },
): Promise<{ report: PlacedCoverage; baseTotal: number | undefined } | undefined> {
  const { coverage, baseCoverage } = wish;
  const own = tests.reports;
  if (coverage.length === 0 && own.length === 0) return undefined;
  const at = { cwd: place.cwd, top: history.top ?? place.cwd, files: await everyName(history, subject) };
  const { readOwnReports, readReports, refuseStale } = await import("./coverage-files.js");
  const report = own.length === 0 ? await readReports(coverage, at) : readOwnReports(own, at.files);
  refuseStale(report, code);
  if (baseCoverage.length === 0) return { report, baseTotal: undefined };
  const { totalOf } = await import("../../measure/report/coverage.js");
  return { report, baseTotal: totalOf(await readReports(baseCoverage, at)) };
}
