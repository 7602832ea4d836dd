import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { MAX_FILE_BYTES } from "../../kernel/bounds.js";
import type { FileFigures } from "../../measure/file-measure.js";
import { languageOf } from "../../measure/language.js";
import { factsOf, readFacts } from "../../measure/power-of-ten/analysis.js";
import type { FileFact } from "../../measure/power-of-ten/fact.js";
import { isCFamily } from "../../measure/power-of-ten/rule.js";
import { measureFigures } from "../../measure/source.js";

/** What is asked of a file: the figures of its functions alone, or what the Power of Ten and the graph of calls need as well. */
export type Depth = "facts" | "figures";

/** A file as it was measured. */
export interface MeasuredFile {
  readonly measure: FileFigures;
  /** None where the figures alone were asked for. */
  readonly fact?: FileFact;
  /** Its text where it is C or C++: what a header documents counts for the files that include it. */
  readonly text: string | undefined;
}

/**
 * Reads and measures a file. One that is too long, no UTF-8 text, or closed to this user could not be read: it has a measure
 * that says so. Throws Fault GRAMMAR_NOT_LOADED.
 */
export function measureFile(cwd: string, path: string, depth: Depth): MeasuredFile {
  const bytes = bytesOf(resolve(cwd, path));
  if (typeof bytes === "string") return unreadFile(path, bytes);
  const text = textOf(bytes);
  if (text === undefined) return unreadFile(path, "not UTF-8 text");
  const kept = isCFamily(languageOf(path)) ? text : undefined;
  if (depth === "figures") return { measure: measureFigures(path, text), text: kept };
  const fact = readFacts({ path, text });
  return { measure: fact.measure, fact, text: kept };
}

/** A file's bytes, or why it has none to measure. */
function bytesOf(place: string): Uint8Array | string {
  try {
    return statSync(place).size > MAX_FILE_BYTES ? `longer than ${MAX_FILE_BYTES} bytes` : readFileSync(place);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === undefined) throw thrown;
    return `it cannot be opened (${code})`;
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

/** What is known of a file that could not be read. */
export function unreadFile(path: string, message: string): MeasuredFile {
  const nothing = { functions: [], suppressions: [], executable: [] };
  const errors = [{ message, line: 1 }];
  const language = languageOf(path) ?? null;
  const fact = factsOf({ path, language, lines: 0, parse: "failed", errors, ...nothing });
  return { measure: fact.measure, fact, text: undefined };
}
