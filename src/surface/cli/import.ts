import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Option } from "commander";
import { type Fault, invalid, messageOf } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { visibleJson } from "../../kernel/visible.js";
import { readAdrs } from "../../memory/import/adr.js";
import { importLines } from "../../memory/import/export-lines.js";
import type { ImportedTask } from "../../memory/import/imported.js";
import { readSpecKit } from "../../memory/import/spec-kit.js";
import { type ImportReport, takeIn } from "../../memory/import/take-in.js";
import { readTaskMaster } from "../../memory/import/task-master.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type Verb, writeLine } from "./context.js";
import { fileLines } from "./file-lines.js";
import { asOption, speakerOf, valueOf } from "./person.js";
import { withMemory } from "./projects.js";

const KINDS = ["worknode", "task-master", "spec-kit", "adr"] as const;
type Kind = (typeof KINDS)[number];

/** Largest file of another tool (bytes), and most records of a folder. */
const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_RECORDS = 10_000;

interface Flags {
  from?: Kind;
  as?: string;
  outputFormat: OutputFormat;
}

/** `worknode import PATH [--from KIND]`: an export, or what another tool keeps. */
export const importVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "import",
    "Read an export back, or task-master's tasks.json, spec-kit's tasks.md, a folder of decision records.",
  )
    .argument("<path>", "a file, a folder, or - for an export on standard input")
    .addOption(new Option("--from <kind>", "what it is, where its name does not say").choices(KINDS))
    .addOption(asOption())
    .addOption(formatOption());
  return withArguments<Flags>(command, args, ({ options, values }) =>
    withMemory(context, (store, location) => {
      const named = values[0] ?? "";
      const path = named === "-" ? named : resolve(context.cwd, named);
      const kind = options.from ?? kindOf(path);
      const json = options.outputFormat === "json";
      if (kind === "worknode") {
        const events = importLines(store, fileLines(path));
        writeLine(context.out, json ? visibleJson({ events }) : `${events} event(s) imported.`);
        return 0;
      }
      const by = speakerOf(context, location, options.as);
      const imported = valueOf(readForeign(path, kind, store.clock.nowMs()));
      const report = valueOf(takeIn(store, imported, by));
      writeLine(context.out, json ? visibleJson(report) : describe(report));
      return 0;
    }),
  );
};

function kindOf(path: string): Kind {
  if (path === "-") return "worknode";
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return "adr";
  if (path.endsWith(".json")) return "task-master";
  return path.endsWith(".md") ? "spec-kit" : "worknode";
}

function readForeign(path: string, kind: Kind, nowMs: number): Result<Parameters<typeof takeIn>[1], Fault> {
  if (kind === "adr") return decisionsIn(path, nowMs);
  const text = readText(path);
  const tasks: Result<ImportedTask[], Fault> = kind === "task-master" ? readTaskMaster(text) : readSpecKit(text);
  return tasks.ok ? ok({ tasks: tasks.value, decisions: [] }) : tasks;
}

function decisionsIn(folder: string, nowMs: number): Result<Parameters<typeof takeIn>[1], Fault> {
  const decisions = readAdrs(recordsIn(folder), { nowMs });
  if (decisions.length > 0) return ok({ tasks: [], decisions });
  const why = `${folder} holds no decision record: a file named like 0001-title.md, with a heading, is expected.`;
  return err(invalid("IMPORT_INVALID", why));
}

function recordsIn(folder: string): { name: string; text: string }[] {
  const names = reading(folder, () => readdirSync(folder)).filter((name) => /\.md$/i.test(name));
  if (names.length === 0 || names.length > MAX_RECORDS)
    throw invalid(
      "IMPORT_INVALID",
      `${folder} holds ${names.length} Markdown files; a folder of decision records is expected.`,
    );
  return names.map((name) => ({ name, text: readText(join(folder, name)) }));
}

function readText(path: string): string {
  return reading(path, () => {
    if (statSync(path).size > MAX_FILE_BYTES) throw new Error("it is too large");
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  });
}

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw invalid("IMPORT_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, cause);
  }
}

function describe({ tasks, decisions, known }: ImportReport): string {
  const there = known.length === 0 ? "" : `; ${known.length} were there already`;
  return `${tasks} task(s) and ${decisions} decision(s) imported${there}.`;
}
