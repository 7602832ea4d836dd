import type { History } from "../../effect/git/history.js";
import { listTree } from "../../effect/git/history-files.js";
import type { TreeDifference } from "../../effect/workspace/tree.js";
import { changedLines } from "../../measure/changed-lines.js";
import { mayBeDeclared, withoutDeclared } from "../../measure/declared-documentation.js";
import type { Finding } from "../../measure/finding.js";
import { changedFunctions, type HashLookup } from "../../measure/function-pair.js";
import { judgeMeasuredFile } from "../../measure/judge-file.js";
import { languageOf } from "../../measure/language.js";
import type { SourceText } from "../../measure/power-of-ten/analysis.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import type { PlacedCoverage } from "../../measure/report/coverage-place.js";
import type { CheckFinding } from "../../schema/check-report.js";
import {
  baseHashes,
  type ChangedCode,
  changedHashes,
  type ReadChange,
  readFiles,
  textOf,
  type UnreadableFile,
} from "./change.js";
import { aboutFile, fromMeasure } from "./finding.js";
import type { Limits } from "./limits.js";
import type { Selection } from "./selection.js";
import type { Subject } from "./subject.js";

/** What measures found, and how much they looked at. */
export interface CodeReport {
  readonly findings: readonly CheckFinding[];
  readonly functions: number;
  readonly lines: number;
  readonly notes: readonly string[];
}

/** A change as its code is judged. */
export interface JudgedChange {
  readonly history: History;
  readonly subject: Subject;
  readonly differences: readonly TreeDifference[];
  readonly code: readonly ChangedCode[];
  readonly gone: ReadChange["gone"];
  readonly unreadable: readonly UnreadableFile[];
  readonly limits: Limits;
  readonly selection: Selection;
  readonly coverage?: { readonly report: PlacedCoverage; readonly baseTotal: number | undefined };
}

/** Judges what changed by the measures of the gate (DESIGN §5, §9). Throws Faults of git and grammars. */
export async function judgeCode(change: JudgedChange): Promise<CodeReport> {
  const { history, subject, code, limits } = change;
  const near = changedHashes(change);
  const first = measured(change, near);
  const objected = new Set(first.filter(({ blocks }) => blocks).map(({ file }) => file));
  const elsewhere =
    objected.size === 0
      ? near
      : await baseHashes(
          history,
          subject,
          code.filter(({ path }) => objected.has(path)).map(({ now }) => now.language),
        );
  const objectedTo = objected.size === 0 ? first : measured(change, joined(near, elsewhere));
  const findings = await withoutDocumented(change, objectedTo);
  const ten = await powerOfTen(change, joined(near, elsewhere));
  const covered = await judgeCovered(change, joined(near, elsewhere));
  const all = [...findings, ...ten, ...covered.findings].map(fromMeasure);
  return {
    findings: [...all, ...change.unreadable.map(unreadable)],
    functions: code.reduce((sum, { was, now }) => sum + changedFunctions(was, now, near).length, 0),
    lines: code.reduce((sum, { before, after }) => sum + changedLines(before, after).size, 0),
    notes: [...covered.notes, ...limits.notes],
  };
}

function joined(one: HashLookup, other: HashLookup): HashLookup {
  return { has: (hash) => one.has(hash) || other.has(hash) };
}

function measured({ code, limits }: JudgedChange, elsewhere: HashLookup): Finding[] {
  return code.flatMap(({ path, was, now }) =>
    judgeMeasuredFile(was, now, { ...limits.of(path), requireDocs: limits.requireDocs, elsewhere }),
  );
}

/** A path in the language that headers are listed in. */
const HEADER = "any.h";

/** Of C and C++ the headers are looked at where documentation is missing. */
async function withoutDocumented(change: JudgedChange, findings: readonly Finding[]): Promise<readonly Finding[]> {
  const files = findings.filter(mayBeDeclared).map(({ file }) => file);
  if (files.length === 0) return findings;
  const changed = change.code.map(({ path, after }) => ({ path, text: after }));
  return withoutDeclared(findings, [...changed, ...(await unchangedSources(change, [...files, HEADER]))]);
}

/** What did not change is read for the call graph where recursion would block. */
async function powerOfTen(change: JudgedChange, elsewhere: HashLookup): Promise<Finding[]> {
  const { code, limits } = change;
  if (limits.powerOfTen === "off" || code.length === 0) return [];
  const enforce = limits.powerOfTen === "enforce";
  const judged = code.map(({ path }) => path).filter((path) => enforce || isCFamily(languageOf(path)));
  const others = judged.length === 0 ? [] : await unchangedSources(change, judged);
  const { judgePowerOfTen } = await import("../../measure/power-of-ten/judge.js");
  return judgePowerOfTen({ files: code, others, enforce, elsewhere });
}

async function unchangedSources(change: JudgedChange, judged: readonly string[]): Promise<SourceText[]> {
  const { history, subject, selection, differences } = change;
  const languages = new Set(judged.map((path) => languageOf(path)));
  const changed = new Set(differences.map(({ path }) => path));
  const files = (await listTree(history, subject.head)).filter(
    ({ path }) => languages.has(languageOf(path)) && !changed.has(path) && selection.isMeasured(path),
  );
  const sources: SourceText[] = [];
  for await (const { path, content } of readFiles(history, files)) {
    const text = textOf(content);
    if (typeof text === "string") sources.push({ path, text });
  }
  return sources;
}

/** What of changed code its tests do not reach, by a report; nothing where there is none. */
export async function judgeCovered(
  change: Pick<JudgedChange, "limits" | "code" | "coverage">,
  elsewhere: HashLookup,
): Promise<{ findings: Finding[]; notes: string[] }> {
  if (change.coverage === undefined) return { findings: [], notes: [] };
  const { limits, code } = change;
  const { report, baseTotal } = change.coverage;
  const changed = code.filter(({ path }) => !limits.of(path).waivers.includes("coverage"));
  const { minLineCoverage: min, maxUntestedFunctions: maxUntested } = limits;
  const { judgeCoverage } = await import("../../measure/report/coverage.js");
  const judged = judgeCoverage({ report, changed, min, maxUntested, baseTotal: baseTotal ?? null, elsewhere });
  const findings = judged.denials.filter(({ file }) => file !== "" || baseTotal !== undefined);
  if (judged.lines === null || judged.total === null)
    return { findings, notes: ["coverage: n/a, no function changed"] };
  const total = `${(100 * judged.total).toFixed(2)} % in all`;
  const judgedTotal = baseTotal === undefined ? `${total} (not judged: no --base-coverage)` : total;
  return { findings, notes: [`coverage: ${(100 * judged.lines).toFixed(2)} % of changed lines, ${judgedTotal}`] };
}

/** Code that cannot be read could hide anything. */
export function unreadable({ path, why }: UnreadableFile): CheckFinding {
  return aboutFile(path, {
    rule: "readable-code",
    code: "ERROR_PARSE",
    message: `${path} ${why}, so its functions cannot be judged`,
    remedy: "Write code as UTF-8 text in files short enough to be read, or leave the path out in .worknode/check.yaml.",
  });
}
