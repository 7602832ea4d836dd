import { err, ok, type Result } from "../../kernel/result.js";
import {
  addFile,
  type CoverageReport,
  type FileCoverage,
  type FunctionRecord,
  type ReportDraft,
} from "./coverage-report.js";
import { figureOf, readXml, within, type XmlElement } from "./xml-report.js";

/** Groups one report may hold before it is taken for hostile. */
const MAX_GROUPS = 100_000;

/** What divides the name of a group from the path within it. */
export const GROUP_MARK = "//";

/**
 * Reads a JaCoCo report (`report.dtd` 1.1). Files are named by package and source file, behind the name of the
 * innermost group that holds them; a line was run when an instruction of it was. A method's place is its first line
 * with code, as the class file has it. Strict: a line or a method whose figures are missing is an error.
 */
export function readJacoco(text: string): Result<CoverageReport, string> {
  const root = readXml(text, "report");
  if (!root.ok) return root;
  const draft: ReportDraft = { files: new Map() };
  const groups = [{ name: "", element: root.value }];
  for (const { name, element } of groups) {
    for (const inner of within(element, "group")) groups.push({ name: inner.attributes["name"] ?? "", element: inner });
    if (groups.length > MAX_GROUPS) return err(`the report holds more than ${MAX_GROUPS} groups`);
    const fault = addPackages(draft, name, element);
    if (fault !== undefined) return err(fault);
  }
  const { files } = draft;
  return files.size === 0 ? err("the report holds no file") : ok({ files, naming: "package", roots: [] });
}

function addPackages(draft: ReportDraft, group: string, element: XmlElement): string | undefined {
  for (const one of within(element, "package")) {
    const folder = prefixOf(one.attributes["name"], "/");
    const methods = methodsOf(one);
    for (const file of within(one, "sourcefile")) {
      const name = file.attributes["name"] ?? "";
      const read = figuresOf(file, methods.get(name) ?? []);
      if (name === "" || read === undefined) return `a name or a figure of ${folder}${name} is missing`;
      addFile(draft, `${prefixOf(group, GROUP_MARK)}${folder}${name}`, read);
    }
  }
  return undefined;
}

function prefixOf(name: string | undefined, mark: string): string {
  return name === undefined || name === "" ? "" : `${name}${mark}`;
}

function figuresOf(file: XmlElement, methods: readonly (FunctionRecord | undefined)[]): FileCoverage | undefined {
  const lines = linesOf(file);
  const functions = methods.filter((record) => record !== undefined);
  return lines === undefined || functions.length < methods.length ? undefined : { lines, functions };
}

function linesOf(file: XmlElement): Map<number, number> | undefined {
  const lines = new Map<number, number>();
  for (const element of within(file, "line")) {
    const line = figureOf(element, "nr");
    const covered = figureOf(element, "ci");
    if (line === undefined || covered === undefined) return undefined;
    lines.set(line, covered);
  }
  return lines;
}

/** The methods of a package by source file; undefined stands for one whose figures are missing. */
function methodsOf(element: XmlElement): Map<string, (FunctionRecord | undefined)[]> {
  const methods = new Map<string, (FunctionRecord | undefined)[]>();
  for (const one of within(element, "class")) {
    const file = one.attributes["sourcefilename"] ?? "";
    const known = methods.get(file) ?? [];
    methods.set(file, known);
    const [simple = ""] = (one.attributes["name"] ?? "").split(/[/$]/).slice(-1);
    for (const method of within(one, "method")) if (hasPlace(method)) known.push(recordOf(method, simple));
  }
  return methods;
}

/** Whether a method has a place in the source: one without debug information has none, nor do a class's initialisers. */
function hasPlace({ attributes }: XmlElement): boolean {
  return attributes["line"] !== undefined && attributes["name"] !== "<clinit>";
}

/** The name the source has it by: a constructor that of its class, a lambda expression none. */
function sourceName(name: string, className: string): string {
  if (name === "<init>") return className;
  return name.startsWith("lambda$") ? "<anonymous>" : name;
}

function recordOf(method: XmlElement, className: string): FunctionRecord | undefined {
  const line = figureOf(method, "line");
  const counter = within(method, "counter").find(({ attributes }) => attributes["type"] === "METHOD");
  const hits = counter === undefined ? undefined : figureOf(counter, "covered");
  if (line === undefined || hits === undefined) return undefined;
  return { name: sourceName(method.attributes["name"] ?? "", className), line, hits };
}
