import { isEcmaScript, type Language } from "../../../measure/language.js";
import type { CliContext } from "../../cli/context.js";
import { checkCommand } from "../check-command.js";
import { readPart } from "./parts.js";

const GRAMMARS = { read: readPart, engine: () => readPart("tree-sitter.wasm") };

/** Runs `check` as the single file does: parser and grammars are parts of it. As `checkCommand`. */
export async function runSingleFile(context: CliContext, args: readonly string[], version: string): Promise<number> {
  return await checkCommand({ version, loadMeasures })(context, args);
}

async function loadMeasures(asked: Iterable<Language | undefined>): Promise<void> {
  const languages = new Set(asked);
  if ([...languages].some(isEcmaScript)) await requireParser();
  if (languages.has("c") || languages.has("cpp")) languages.add("c").add("cpp");
  const { loadGrammars } = await import("../../../measure/tree/grammar.js");
  await loadGrammars(languages, GRAMMARS);
}

/** A parser that cannot be loaded reads no file, before or after: nothing would be new, and everything would pass. */
async function requireParser(): Promise<void> {
  const { parseSync } = await import("oxc-parser");
  parseSync("a.js", "");
}
