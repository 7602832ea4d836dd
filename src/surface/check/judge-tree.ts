import { basename } from "node:path";
import type { History } from "../../effect/git/history.js";
import { listLinks, listTree, type TreeFile } from "../../effect/git/history-files.js";
import { withoutDeclared } from "../../measure/declared-documentation.js";
import type { Finding } from "../../measure/finding.js";
import { judgeMeasuredFile } from "../../measure/judge-file.js";
import { type Language, languageOf } from "../../measure/language.js";
import type { SourceText } from "../../measure/power-of-ten/analysis.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import { measureSource } from "../../measure/source.js";
import { readFiles, textOf } from "./change.js";
import { fromMeasure } from "./finding.js";
import { type CodeReport, unreadable } from "./judge-code.js";
import type { Limits } from "./limits.js";
import { unjudgedLinks } from "./linked-code.js";
import { findScripts, type NamedBlob } from "./script.js";
import type { Selection } from "./selection.js";
import { refuseOddName, type Subject } from "./subject.js";

/** A whole tree to be judged. */
export interface JudgedTree {
  readonly history: History;
  readonly subject: Subject;
  readonly limits: Limits;
  readonly selection: Selection;
}

/** A file of a tree whose functions are measured. */
export interface MeasuredFile extends NamedBlob {
  readonly language: Language | undefined;
}

/**
 * The files of a tree whose functions are measured; of those whose names say nothing, programs and those without an
 * extension are looked into. Throws Fault BAD_NAME (exit 2).
 */
export async function measuredFiles({
  history,
  subject,
  selection,
}: Omit<JudgedTree, "limits">): Promise<MeasuredFile[]> {
  const all = await listTree(history, subject.head);
  const scripts = await findScripts(history, all.filter(mayBeScript), selection);
  const files = all.filter(({ path }) => selection.isMeasured(path, scripts.get(path)));
  refuseOddName(files.map(({ path }) => path));
  return files.map(({ path, object }) => ({ path, object, language: languageOf(path, scripts.get(path)) }));
}

function mayBeScript({ path, executable }: TreeFile): boolean {
  return executable || !basename(path).includes(".");
}

/** Judges every file of a tree as if it were new, one after the other, so that memory stays bounded. */
export async function judgeTree(tree: JudgedTree, files: readonly MeasuredFile[]): Promise<CodeReport> {
  const { history, subject, limits } = tree;
  const findings: Finding[] = [];
  const links = await unjudgedLinks(history, await listLinks(history, subject.head), tree);
  const lost: ReturnType<typeof unreadable>[] = links.map(unreadable);
  const sources: SourceText[] = [];
  const count = { functions: 0, lines: 0 };
  for await (const { path, content } of readFiles(history, files)) {
    const text = textOf(content);
    if (typeof text === "object") {
      lost.push(unreadable({ path, why: text.why }));
      continue;
    }
    const now = measureSource(path, text);
    count.functions += now.functions.length;
    count.lines += now.lines;
    findings.push(...judgeMeasuredFile(undefined, now, { ...limits.of(path), requireDocs: limits.requireDocs }));
    if (limits.powerOfTen !== "off" || isCFamily(now.language)) sources.push({ path, text });
  }
  const ten = limits.powerOfTen === "off" ? [] : await powerOfTen(sources, limits);
  return {
    findings: [...[...withoutDeclared(findings, sources), ...ten].map(fromMeasure), ...lost],
    ...count,
    notes: limits.notes,
  };
}

async function powerOfTen(sources: readonly SourceText[], limits: Limits): Promise<Finding[]> {
  if (sources.length === 0) return [];
  const { judgePowerOfTen } = await import("../../measure/power-of-ten/judge.js");
  return judgePowerOfTen({
    files: sources.map(({ path, text }) => ({ path, before: null, after: text })),
    others: [],
    enforce: limits.powerOfTen === "enforce",
  });
}
