import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type History, readAt } from "../../effect/history.js";
import type { TreeDifference } from "../../effect/tree.js";
import { invalid } from "../../kernel/fault.js";
import type { PlacedCoverage } from "../../measure/coverage-place.js";
import type { CheckBaseline } from "../../schema/check-baseline.js";
import type { CheckMode, CheckPolicy, ProvenanceMode } from "../../schema/check-policy.js";
import type { CheckFinding, CheckReport } from "../../schema/check-report.js";
import { agentFiles, guessAuthor, guessNotes } from "./authors.js";
import { type ChangedCode, everyName, readChange } from "./change.js";
import type { ProvenanceReport } from "./commit-provenance.js";
import { defaultPolicy } from "./default-policy.js";
import { atSeverity, exitCodeOf } from "./finding.js";
import { type CodeReport, judgeCode } from "./judge-code.js";
import { judgeTree, measuredFiles } from "./judge-tree.js";
import { type Limits, limitsOf } from "./limits.js";
import type { JudgedPlan } from "./plan-rules.js";
import {
  findRuleFile,
  POLICY_PATH,
  type RuleFile,
  type RulePlace,
  requireRuleFile,
  rulePath,
  VENDORED_PATH,
} from "./rule-files.js";
import { judgeRulesChange } from "./rules-changed.js";
import { type CheckPlace, type CheckWish, nothingChanged } from "./run-check.js";
import type { TestRun } from "./run-tests.js";
import { type Selection, selectFiles } from "./selection.js";
import type { Subject } from "./subject.js";

/** Everything known once the rules are read. */
interface Judged {
  readonly history: History;
  readonly subject: Subject;
  readonly policy: CheckPolicy;
  readonly plan: JudgedPlan | undefined;
  readonly limits: Limits;
  readonly selection: Selection;
  readonly mode: CheckMode;
  readonly provenance: ProvenanceMode;
  /** The file of trusted keys. */
  readonly trust: string;
  readonly isRule: (path: string) => boolean;
}

interface Reading {
  readonly history: History;
  readonly subject: Subject;
  readonly place: CheckPlace;
  readonly wish: CheckWish;
  /** The policy's file as the base has it. */
  readonly policy: RuleFile | undefined;
}

/** Reads the rules and judges. As `runCheck`. */
export async function judgeSubject(reading: Reading): Promise<CheckReport> {
  const { subject, place, wish } = reading;
  const judged = await readRules(reading);
  if (subject.scope === "all") return await checkTree(place, judged, wish);
  if (subject.differences?.length === 0) return nothingChanged(subject, judged.mode);
  return await checkChange(place, judged, wish);
}

async function readRules({ history, subject, place, wish, policy: file }: Reading): Promise<Judged> {
  const rules: RulePlace = { history, rules: subject.rules, cwd: place.cwd };
  const policy = file === undefined ? defaultPolicy : (await import("./policy.js")).parsePolicy(file);
  const plan = await readPlan(rules, wish, policy);
  const names = policy.exclude.length === 0 ? [] : await everyName(history, subject);
  const trust = wish.trust === undefined ? policy.trust : rulePath(rules, wish.trust);
  const planFile = plan?.file.inside === true ? [plan.file.path] : [];
  const ruleFiles = new Set([POLICY_PATH, VENDORED_PATH, policy.baseline, policy.trust, trust, ...planFile]);
  return {
    history,
    subject,
    policy,
    plan,
    limits: limitsOf(policy, plan),
    selection: selectFiles(policy, () => names),
    mode: wish.mode ?? policy.mode,
    provenance: wish.provenance ?? policy.provenance,
    trust,
    isRule: (path) => ruleFiles.has(path),
  };
}

async function readPlan(rules: RulePlace, wish: CheckWish, policy: CheckPolicy): Promise<JudgedPlan | undefined> {
  const path = wish.plan === undefined ? policy.plan : rulePath(rules, wish.plan);
  if (path === undefined) return undefined;
  const { judgedPlan } = await import("./plan-rules.js");
  return judgedPlan(await requireRuleFile(rules, path), wish.task);
}

async function checkChange(place: CheckPlace, judged: Judged, wish: CheckWish): Promise<CheckReport> {
  const { subject, plan, selection } = judged;
  const all = subject.differences ?? [];
  const { differences, notes } = await judgedDifferences(judged, all);
  const tests = await testsOf(place, judged, wish);
  const code = await judgeTexts(place, judged, { wish, differences, tests });
  const rules = await judgeRuleFiles(judged, wish);
  const origin = await judgeOrigin(place, judged, { wish, tests });
  const files = plan === undefined ? [] : await judgeFiles(plan, differences, judged);
  return reportOf(judged, {
    ...code,
    findings: [...code.findings, ...files, ...rules.findings, ...origin.findings, ...tests.findings],
    notes: [...notes, ...rules.notes, ...origin.notes, ...tests.notes, ...code.notes],
    commits: origin.commits,
    files: differences.length,
    leftOut: all.length - differences.length + differences.filter(({ path }) => selection.isExcluded(path)).length,
    rules: rulesOf(judged, { coverage: code.covered, tests: wish.run === true }),
    baselined: 0,
  });
}

async function judgeFiles(
  plan: JudgedPlan,
  differences: readonly TreeDifference[],
  { isRule }: Judged,
): Promise<CheckFinding[]> {
  const { judgePlanFiles } = await import("./plan-rules.js");
  return judgePlanFiles(plan, differences, isRule);
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
): Promise<CodeReport & { readonly covered: boolean }> {
  const { history, subject, selection, limits } = judged;
  await place.loadMeasures(differences.map(({ path }) => path).filter(selection.isMeasured));
  const { code, unreadable } = await readChange(history, differences, selection);
  const coverage = await readCoverageFiles(place, judged, { wish, code, tests });
  const change = { history, subject, differences, code, unreadable, limits, selection };
  const report = await judgeCode(coverage === undefined ? change : { ...change, coverage });
  return { ...report, covered: coverage !== undefined };
}

async function judgeOrigin(
  { cwd }: CheckPlace,
  { history, subject, policy, plan, provenance, trust }: Judged,
  { wish, tests }: Pick<Texts, "wish" | "tests">,
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
    // the commands of one task say nothing of the others' work
    verifiedAgain: tests.pass && wish.task === undefined,
  });
}

async function judgeRuleFiles(
  { history, subject, policy, isRule }: Judged,
  { approvedBy }: CheckWish,
): ReturnType<typeof judgeRulesChange> {
  const proposed = (await readAt(history, subject.head, POLICY_PATH))?.toString("utf8") ?? null;
  return judgeRulesChange({ policy, differences: subject.differences ?? [], isRule, approvedBy, proposed });
}

/** With `appliesTo: agents`, what agents' commits touch; what is staged has no author yet and is judged. */
async function judgedDifferences(
  { history, subject, policy }: Judged,
  all: readonly TreeDifference[],
): Promise<{ differences: readonly TreeDifference[]; notes: string[] }> {
  if (policy.appliesTo === "all") return { differences: all, notes: [] };
  if (subject.scope === "staged")
    return { differences: all, notes: ["who commits is not known yet: judged as an agent"] };
  const guesses = (await subject.commits()).map((commit) => guessAuthor(commit, policy.agents));
  const files = await agentFiles(history, guesses);
  return { differences: all.filter(({ path }) => files.has(path)), notes: guessNotes(guesses) };
}

/** Loaded where it is asked for: the sandbox is much code. */
async function testsOf(place: CheckPlace, { plan, subject }: Judged, { run }: CheckWish): Promise<TestRun> {
  if (run !== true || plan === undefined) return { findings: [], notes: [], pass: false, report: undefined };
  const { runTests } = await import("./run-tests.js");
  return await runTests({ plan, head: subject.head }, place);
}

async function readCoverageFiles(
  place: CheckPlace,
  { history, subject }: Judged,
  { wish, code, tests }: { wish: CheckWish; code: readonly ChangedCode[]; tests: TestRun },
): Promise<{ report: PlacedCoverage; baseTotal: number | undefined } | undefined> {
  const { coverage, baseCoverage } = wish;
  const own = tests.report;
  if (coverage.length === 0 && own === undefined) return undefined;
  const at = { cwd: place.cwd, top: history.top ?? place.cwd, files: await everyName(history, subject) };
  const { readOwnReport, readReports, refuseStale } = await import("./coverage-files.js");
  const report = own === undefined ? await readReports(coverage, at) : readOwnReport(own, at.files);
  refuseStale(report, code);
  if (baseCoverage.length === 0) return { report, baseTotal: undefined };
  const { totalOf } = await import("../../measure/coverage.js");
  return { report, baseTotal: totalOf(await readReports(baseCoverage, at)) };
}

/** The whole tree has no commits to verify and no change to hold against a plan's files: neither is said to be judged. */
async function checkTree(place: CheckPlace, asked: Judged, wish: CheckWish): Promise<CheckReport> {
  const judged: Judged = { ...asked, provenance: "off" };
  const { history, subject, policy, mode } = judged;
  const files = await measuredFiles(judged);
  if (files.length === 0 && mode === "enforce")
    throw invalid("NOTHING_TO_CHECK", "there is no file of a measured language: nothing was checked.");
  await place.loadMeasures(files);
  const { beyondBaseline, parseBaseline } = await import("./baseline.js");
  const report = await judgeTree(judged);
  const file = await findRuleFile({ history, rules: subject.rules, cwd: place.cwd }, policy.baseline);
  const kept = file === undefined ? undefined : parseBaseline(file);
  const findings = atSeverity(report.findings, policy);
  const baseline = wish.writeBaseline === true ? await writeBaseline(judged, findings, kept) : kept;
  const beyond = beyondBaseline(findings, baseline);
  const written = wish.writeBaseline === true ? [`${policy.baseline} was written; commit it`] : [];
  return reportOf(judged, {
    ...report,
    findings: beyond,
    notes: [...report.notes, ...written],
    files: files.length,
    leftOut: 0,
    commits: 0,
    rules: rulesOf({ ...judged, plan: undefined }, { coverage: false, tests: false }),
    baselined: findings.length - beyond.length,
  });
}

async function writeBaseline(
  { history, policy }: Judged,
  findings: readonly CheckFinding[],
  before: CheckBaseline | undefined,
): Promise<CheckBaseline> {
  if (history.top === null) throw invalid("BARE", "a bare repository has no checkout to write a baseline to.");
  const { nextBaseline } = await import("./baseline.js");
  const baseline = nextBaseline(findings, before);
  await mkdir(dirname(join(history.top, policy.baseline)), { recursive: true });
  await writeFile(join(history.top, policy.baseline), `${JSON.stringify(baseline, null, 1)}\n`);
  return baseline;
}

function rulesOf(
  { plan, limits, provenance }: Judged,
  { coverage, tests }: { coverage: boolean; tests: boolean },
): string[] {
  return [
    "max-complexity",
    "max-function-lines",
    "no-suppression",
    "parse",
    "readable-code",
    "rules-changed",
    ...(limits.requireDocs ? ["documentation"] : []),
    ...(limits.powerOfTen === "off" ? [] : ["power-of-ten"]),
    ...(tests ? ["tests"] : []),
    ...(provenance === "off" ? [] : ["provenance"]),
    ...(coverage ? ["coverage", "untested-functions"] : []),
    ...(plan === undefined ? [] : ["file-kind", "file-whitelist", "hard-deny", "no-delete"]),
  ].sort();
}

interface Outcome extends CodeReport {
  readonly files: number;
  readonly leftOut: number;
  readonly rules: readonly string[];
  readonly baselined: number;
  readonly commits: number;
}

function reportOf({ subject, policy, mode, provenance }: Judged, outcome: Outcome): CheckReport {
  const findings = atSeverity(outcome.findings, policy);
  const code = exitCodeOf(findings);
  const enforced = code === 0 ? "passed" : "failed";
  return {
    version: 1,
    mode,
    outcome: mode === "enforce" ? enforced : mode === "warn" ? "warned" : "observed",
    exit_code: mode === "enforce" ? code : 0,
    base: subject.from,
    head: subject.head,
    scope: subject.scope,
    checked: {
      files: outcome.files,
      left_out: outcome.leftOut,
      functions: outcome.functions,
      lines: outcome.lines,
      rules: [...outcome.rules],
      commits: outcome.commits,
    },
    findings,
    provenance,
    baselined: outcome.baselined,
    notes: [...outcome.notes],
  };
}
