import { err, ok, type Result } from "../../kernel/result.js";
import { addFile, type CoverageReport, type FunctionRecord, isWritten, type ReportDraft } from "./coverage-report.js";
import { figureOf, readXml, textOf, within, type XmlElement } from "./xml-report.js";

/**
 * Reads a Cobertura report (`coverage-04.dtd`), as coverage.py, gcovr, Istanbul and others write it. File names are
 * below the report's `sources`. Of a method the first of its lines is taken for its place, and it was run when any of
 * them was; tools that list no methods leave that to the lines of a function's body. Strict: a class without a file,
 * or a line without its number and hits, is an error.
 */
export function readCobertura(text: string): Result<CoverageReport, string> {
  const root = readXml(text, "coverage");
  if (!root.ok) return root;
  const draft: ReportDraft = { files: new Map() };
  for (const one of within(root.value, "packages", "package", "classes", "class")) {
    const fault = addClass(draft, one);
    if (fault !== undefined) return err(fault);
  }
  const roots = within(root.value, "sources", "source").map(textOf);
  return draft.files.size === 0 ? err("the report holds no file") : ok({ files: draft.files, naming: "path", roots });
}

/** Adds a class to its file; a text says why it cannot be read. */
function addClass(draft: ReportDraft, element: XmlElement): string | undefined {
  const path = element.attributes["filename"] ?? "";
  if (path === "") return "a class has no file name";
  const lines = linesOf(element);
  const methods = within(element, "methods", "method").map((method) => methodOf(method));
  const read = methods.filter((one) => one !== undefined);
  if (lines === undefined || read.length < methods.length) return `a line of ${path} has no number or hits`;
  for (const one of read) for (const [line, hits] of one.lines) lines.set(line, lines.get(line) ?? hits);
  const functions = read.filter(({ record, lines: own }) => own.size > 0 && isWritten(record));
  addFile(draft, path, { lines, functions: functions.map(({ record }) => record) });
  return undefined;
}

interface Method {
  readonly record: FunctionRecord;
  readonly lines: ReadonlyMap<number, number>;
}

function methodOf(element: XmlElement): Method | undefined {
  const lines = linesOf(element);
  if (lines === undefined) return undefined;
  const [first = 0] = [...lines.keys()].sort((a, b) => a - b);
  const hits = [...lines.values()].reduce((most, one) => Math.max(most, one), 0);
  return { record: { name: element.attributes["name"] ?? "", line: first, hits }, lines };
}

function linesOf(part: XmlElement): Map<number, number> | undefined {
  const lines = new Map<number, number>();
  for (const element of within(part, "lines", "line")) {
    const line = figureOf(element, "number");
    const hits = figureOf(element, "hits");
    if (line === undefined || hits === undefined) return undefined;
    lines.set(line, Math.max(lines.get(line) ?? 0, hits));
  }
  return lines;
}
