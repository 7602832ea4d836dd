import { resolve } from "node:path";
import { Option } from "commander";
import { packageFile } from "../../crew/state/package-file.js";
import type { MeasuredFile } from "../../effect/code/code-file.js";
import { listCodeFiles } from "../../effect/code/code-files.js";
import { runDeepChecks } from "../../effect/code/deep-check.js";
import { measureFiles } from "../../effect/code/measure-files.js";
import { beginningOf } from "../../effect/disk/file-content.js";
import { visibleItem, visibleJson } from "../../kernel/visible.js";
import { declaredDocumentation, type HeaderSource } from "../../measure/declared-documentation.js";
import type { FileFigures, FunctionFigures } from "../../measure/file-measure.js";
import { type Language, languageOf } from "../../measure/language.js";
import { addFindings, type LinkedFile, linkFiles } from "../../measure/power-of-ten/call-graph/link.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import { loadGrammars } from "../../measure/tree/grammar.js";
import type { MeasureReport } from "../../schema/measure-report.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";

const INVALID = 2;
/** Bytes of a file in which its first line, if it names a program, ends. */
const MAX_HASHBANG_BYTES = 512;

/** `worknode measure PATH… --format text|json`: the figures the gate judges by, for any file or folder. */
export const measureVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "measure",
    "Print complexity, length, parameters, documentation and findings of every function in files and folders.",
  )
    .argument("<path...>", "files and folders; what git ignores is left out of folders")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"))
    .option("--deep", "ask clang-tidy and cppcheck of C and C++ files as well")
    .addOption(
      new Option(
        "--figures",
        "the figures alone, in a third of the time: nothing is looked for, so there are no findings",
      ).conflicts("deep"),
    );
  return withArguments<{ format: "text" | "json" } & Looks>(command, args, async ({ options, values }) => {
    if (values.length === 0) return INVALID;
    const paths = await listCodeFiles(values, context.cwd);
    const { cwd } = context;
    const languages = languagesAmong(paths.map((path) => languageIn(cwd, path)));
    const grammars = packageFile("grammars");
    await loadGrammars(languages, grammars);
    const program = packageFile("dist", "measure-thread.mjs");
    const depth = options.figures === true ? "figures" : "facts";
    const measured = await measureFiles(paths, { cwd, grammars, languages, program, depth });
    const looked = await lookInto(measured, options, cwd);
    const report = reportOf(looked, measured.flatMap(headerOf));
    if (options.format === "json") writeLine(context.out, visibleJson(report));
    else for (const line of textOf(report, looked)) writeLine(context.out, visibleItem(line));
    return 0;
  });
};

function languagesAmong(found: readonly (Language | undefined)[]): Language[] {
  return [...new Set(found)].filter((language) => language !== undefined);
}

/** A file with what was found about none of its functions. */
interface LookedFile extends Pick<LinkedFile, "findings"> {
  readonly measure: FileFigures;
}

/** As much of a file as says which program runs it. */
function languageIn(cwd: string, path: string): Language | undefined {
  return languageOf(path, beginningOf(resolve(cwd, path), MAX_HASHBANG_BYTES));
}

/** What is looked for besides the figures. */
interface Looks {
  readonly deep?: true;
  readonly figures?: true;
}

async function lookInto(measured: readonly MeasuredFile[], looks: Looks, cwd: string): Promise<LookedFile[]> {
  if (looks.figures === true) return measured.map(({ measure }) => ({ measure, findings: [] }));
  const linked = linkFiles(measured.flatMap(({ fact }) => fact ?? []));
  return looks.deep === true ? await lookDeeper(linked, cwd) : linked;
}

/** The findings of clang-tidy and cppcheck, each with the function it stands in. */
async function lookDeeper(linked: readonly LinkedFile[], cwd: string): Promise<LinkedFile[]> {
  const asked = linked.map(({ measure }) => measure).filter(({ language }) => isCFamily(language));
  const found = await runDeepChecks(
    asked.map(({ path }) => path),
    cwd,
  );
  return linked.map((file) =>
    addFindings(
      file,
      found.filter((each) => each.file === file.measure.path),
    ),
  );
}

/** What other files may include, and what it was seen to document as it was measured. */
function headerOf({ measure, text }: MeasuredFile): HeaderSource[] {
  const { path, language, declared } = measure;
  return text === undefined ? [] : [{ path, text, ...(declared && { declared: { language, names: declared } }) }];
}

function reportOf(files: readonly LookedFile[], headers: readonly HeaderSource[]): MeasureReport {
  const declared = declaredDocumentation(headers);
  const isDocumented = (one: FunctionFigures, { language }: FileFigures): boolean =>
    one.documented || (isCFamily(language) && declared.documents(one.file, one.qualified_name));
  return {
    files: files.map(fileRowOf),
    functions: files.flatMap(({ measure }) =>
      measure.functions.map((one) => ({ ...rowOf(one), documented: isDocumented(one, measure) })),
    ),
  };
}

/** Findings about no function stand with their file. */
function fileRowOf({ measure, findings }: LookedFile): MeasureReport["files"][number] {
  const { path, language, lines, parse } = measure;
  const row = { path, language, lines, parse };
  return findings.length === 0 ? row : { ...row, findings: [...findings] };
}

function rowOf(one: FunctionFigures): MeasureReport["functions"][number] {
  const { file, name, line, end_line, complexity, length, parameters, documented, findings } = one;
  return { file, name, line, end_line, complexity, length, parameters, documented, findings };
}

function textOf({ files, functions }: MeasureReport, looked: readonly LookedFile[]): string[] {
  const rows = functions.flatMap((one) => [
    `${one.file}:${one.line}  complexity ${one.complexity}  length ${one.length}  parameters ${one.parameters}  ${one.documented ? "documented" : "undocumented"}  ${one.name}`,
    ...one.findings.map((each) => `  ${findingLine(one.file, each)}`),
  ]);
  const others = files.flatMap(({ path, findings = [] }) => findings.map((each) => findingLine(path, each)));
  const broken = looked.filter(({ measure: { parse } }) => parse !== "ok").map(unreadLine);
  return [...rows, ...others, ...broken, `${files.length} file(s), ${functions.length} function(s)`];
}

/** The first place of a file that could not be read, and why; without one where nothing can hide in what was not. */
function unreadLine({ measure: { path, parse, errors } }: LookedFile): string {
  const [first, ...others] = errors;
  if (first === undefined) return `${path}  parse ${parse}`;
  const more = others.length === 0 ? "" : `, and ${others.length} more place(s)`;
  return `${path}:${first.line}  parse ${parse}: ${first.message}${more}`;
}

type Observed = MeasureReport["functions"][number]["findings"][number];

function findingLine(file: string, { rule, line, verdict, message }: Observed): string {
  return `${file}:${line}  ${rule} ${verdict}: ${message}`;
}
