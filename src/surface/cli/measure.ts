import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { packageFile } from "../../crew/package-file.js";
import { listCodeFiles } from "../../effect/code-files.js";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import type { FileMeasure, FunctionMeasure } from "../../measure/file-measure.js";
import { loadGrammars } from "../../measure/grammar.js";
import { languageOf } from "../../measure/language.js";
import { measureSource } from "../../measure/source.js";
import type { MeasureReport } from "../../schema/measure-report.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { Option } from "commander";

const INVALID = 2;

/** `worknode measure PATH… --format text|json`: the figures the gate judges by, for any file or folder. */
export const measureVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "measure",
    "Print complexity, length, parameters, documentation and findings of every function in files and folders.",
  )
    .argument("<path...>", "files and folders; what git ignores is left out of folders")
    .addOption(new Option("--format <format>", "how to print").choices(["text", "json"]).default("text"));
  return withArguments<{ format: "text" | "json" }>(command, args, async ({ options, values }) => {
    if (values.length === 0) return INVALID;
    const paths = await listCodeFiles(values, context.cwd);
    await loadGrammars(paths.map(languageOf), packageFile("grammars"));
    const report = reportOf(paths.map((path) => measureFile(context, path)));
    if (options.format === "json") writeLine(context.out, JSON.stringify(report));
    else for (const line of textOf(report)) writeLine(context.out, line);
    return 0;
  });
};

/** A file that is too long, or no UTF-8 text, could not be read: it is listed as such, not left out. */
function measureFile(context: CliContext, path: string): FileMeasure {
  const place = resolve(context.cwd, path);
  if (statSync(place).size > MAX_FILE_BYTES) return unreadable(path, `longer than ${MAX_FILE_BYTES} bytes`);
  const bytes = readFileSync(place);
  try {
    return measureSource(path, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (thrown) {
    if (thrown instanceof TypeError) return unreadable(path, "not UTF-8 text");
    throw thrown;
  }
}

function unreadable(path: string, message: string): FileMeasure {
  const nothing = { functions: [], suppressions: [], executable: [] };
  return {
    path,
    language: languageOf(path) ?? null,
    lines: 0,
    parse: "failed",
    errors: [{ message, line: 1 }],
    ...nothing,
  };
}

function reportOf(files: readonly FileMeasure[]): MeasureReport {
  return {
    files: files.map(({ path, language, lines, parse }) => ({ path, language, lines, parse })),
    functions: files.flatMap(({ functions }) => functions.map(rowOf)),
  };
}

function rowOf(one: FunctionMeasure): MeasureReport["functions"][number] {
  const { file, name, line, end_line, complexity, length, parameters, documented, findings } = one;
  return { file, name, line, end_line, complexity, length, parameters, documented, findings };
}

function textOf({ files, functions }: MeasureReport): string[] {
  const rows = functions.flatMap((one) => [
    `${one.file}:${one.line}  complexity ${one.complexity}  length ${one.length}  parameters ${one.parameters}  ${one.documented ? "documented" : "undocumented"}  ${one.name}`,
    ...one.findings.map(({ rule, line, verdict, message }) => `  ${one.file}:${line}  ${rule} ${verdict}: ${message}`),
  ]);
  const broken = files.filter(({ parse }) => parse !== "ok").map(({ path, parse }) => `${path}  parse ${parse}`);
  return [...rows, ...broken, `${files.length} file(s), ${functions.length} function(s)`];
}
