import { closeSync, openSync, writeSync } from "node:fs";
import { invalid, messageOf } from "../../kernel/fault.js";
import { exportLines } from "../../memory/import/export-lines.js";
import type { Store } from "../../store/store.js";
import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { withStore } from "./project.js";

/** `worknode export [FILE]`: everything the log holds, as JSON lines. */
export const exportVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "export",
    "Write everything the log holds as JSON lines; `import` reads it back.",
  ).argument("[file]", "where to; a file that exists is not overwritten (default: standard output)");
  return withArguments(command, args, ({ values }) =>
    withStore(context, (store) => {
      const [file] = values;
      if (file === undefined) print(context, store);
      else writeLine(context.err, `${writeFile(file, store)} event(s) written to ${file}.`);
      return 0;
    }),
  );
};

function print(context: CliContext, store: Store): void {
  for (const line of exportLines(store)) {
    if (context.out.closed) return;
    writeLine(context.out, line);
  }
}

function writeFile(file: string, store: Store): number {
  let lines = -1;
  const descriptor = create(file);
  try {
    for (const line of exportLines(store)) {
      writeSync(descriptor, `${line}\n`);
      lines += 1;
    }
  } finally {
    closeSync(descriptor);
  }
  return lines;
}

function create(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (cause) {
    throw invalid("EXPORT_FILE", `${file} cannot be made: ${messageOf(cause)}`, cause);
  }
}
