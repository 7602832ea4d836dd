import { type Fault, invalid } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { ImportedTask } from "./imported.js";

/** `- [ ] T012 [P] [US1] Create the model in src/models/user.py`. */
const TASK = /^\s*[-*] \[([ xX])\]\s+\**(T\d+[a-z]?)\**:?\s+((?:\[[^\]]+\]\s*)*)(\S.*)$/;
/** A path with a folder or an extension. */
const PATH =
  /(?<![\w/])((?:[\w.@-]+\/)+[\w.@-]+\.[A-Za-z]\w*|[\w-]+\.(?:ts|js|py|go|rs|java|c|h|cpp|md|json|yaml|yml|toml))(?![\w/])/g;
/** Tasks of one list. */
const MAX_TASKS = 10_000;

/**
 * Reads spec-kit's `tasks.md`. Tasks marked `[P]` may run beside each other; any other waits for all before it,
 * and all after it wait for it.
 */
export function readSpecKit(text: string): Result<ImportedTask[], Fault> {
  const tasks: ImportedTask[] = [];
  const waits: Waits = { barrier: [], beside: [] };
  for (const line of text.split(/\r?\n/)) {
    const match = TASK.exec(line);
    if (match !== null) tasks.push(taskOf(match, waits));
  }
  if (tasks.length === 0 || tasks.length > MAX_TASKS)
    return err(invalid("IMPORT_INVALID", `tasks.md holds ${tasks.length} tasks of the form \`- [ ] T001 Do this\`.`));
  return ok(tasks);
}

/** The last task that all after it wait for, and those beside each other since. */
interface Waits {
  barrier: string[];
  beside: string[];
}

function taskOf(match: RegExpExecArray, waits: Waits): ImportedTask {
  const [mark, id, labels, text] = match.slice(1).map(String) as [string, string, string, string];
  const parallel = /\[P\]/i.test(labels);
  const needs = parallel || waits.beside.length === 0 ? [...waits.barrier] : [...waits.beside];
  if (parallel) waits.beside.push(id);
  else Object.assign(waits, { barrier: [id], beside: [] });
  const title = text.trim();
  return { id, title, needs, files: pathsIn(title), status: mark === " " ? "open" : "done" };
}

function pathsIn(title: string): string[] {
  return [...new Set([...title.matchAll(PATH)].map((match) => match[1] ?? ""))];
}
