import { Fault, messageOf } from "../../../kernel/fault.js";
import { isEcmaScript, languageOf } from "../../../measure/language.js";
import type { CliContext } from "../../cli/context.js";
import { checkCommand } from "../check-command.js";
import { readPart } from "./parts.js";

const INTERNAL = 1;
const GRAMMARS = { read: readPart, engine: () => readPart("tree-sitter.wasm") };

/** Runs `check` as the single file does: parser and grammars are parts of it. Answers the exit code; never throws. */
export async function runSingleFile(context: CliContext, args: readonly string[], version: string): Promise<number> {
  try {
    return await checkCommand({ version, loadMeasures })(context, args);
  } catch (thrown) {
    context.err.write(`worknode: ${messageOf(thrown)}\n`);
    if (context.env["WORKNODE_DEBUG"] === "1" && thrown instanceof Error) context.err.write(`${thrown.stack}\n`);
    return thrown instanceof Fault ? thrown.exitCode : INTERNAL;
  }
}

async function loadMeasures(paths: Iterable<string>): Promise<void> {
  const languages = new Set([...paths].map(languageOf));
  if ([...languages].some(isEcmaScript)) await requireParser();
  if (languages.has("c") || languages.has("cpp")) languages.add("c").add("cpp");
  const { loadGrammars } = await import("../../../measure/grammar.js");
  await loadGrammars(languages, GRAMMARS);
}

/** A parser that cannot be loaded reads no file, before or after: nothing would be new, and everything would pass. */
async function requireParser(): Promise<void> {
  const { parseSync } = await import("oxc-parser");
  parseSync("a.js", "");
}
