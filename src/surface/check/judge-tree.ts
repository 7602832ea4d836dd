import type { History } from "../../effect/history.js";
import { listLinks, listTree } from "../../effect/history-files.js";
import type { Finding } from "../../measure/finding.js";
import { judgeMeasuredFile } from "../../measure/judge-file.js";
import { languageOf } from "../../measure/language.js";
import type { SourceText } from "../../measure/power-of-ten/analysis.js";
import { measureSource } from "../../measure/source.js";
import { readFiles, textOf } from "./change.js";
import { fromMeasure } from "./finding.js";
import { type CodeReport, unreadable } from "./judge-code.js";
import type { Limits } from "./limits.js";
import { unjudgedLinks } from "./linked-code.js";
import type { Selection } from "./selection.js";
import { refuseOddName, type Subject } from "./subject.js";

/** A whole tree to be judged. */
export interface JudgedTree {
  readonly history: History;
  readonly subject: Subject;
  readonly limits: Limits;
  readonly selection: Selection;
}

/** The files of a tree whose functions are measured. Throws Fault BAD_NAME (exit 2). */
export async function measuredFiles({ history, subject, selection }: Omit<JudgedTree, "limits">): Promise<string[]> {
  const files = await listTree(history, subject.head);
  const paths = files.filter(({ path }) => selection.isMeasured(path)).map(({ path }) => path);
  refuseOddName(paths);
  return paths;
}

/** Judges every file of a tree as if it were new, one after the other, so that memory stays bounded. */
export async function judgeTree(tree: JudgedTree): Promise<CodeReport> {
  const { history, subject, limits, selection } = tree;
  const files = (await listTree(history, subject.head)).filter(({ path }) => selection.isMeasured(path));
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
    if (limits.powerOfTen !== "off" && languageOf(path) !== undefined) sources.push({ path, text });
  }
  const ten = await powerOfTen(sources, limits);
  return { findings: [...[...findings, ...ten].map(fromMeasure), ...lost], ...count, notes: limits.notes };
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
