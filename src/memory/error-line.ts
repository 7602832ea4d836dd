import { toRecordText } from "../schema/record-text.js";
import { stripColours } from "./fingerprint.js";

/** Lines looked through, from the end and from the beginning of each output. */
const MAX_LINES = 400;
/** Characters of one line. */
const MAX_ERROR_CHARS = 2_000;

/** Lines that name an error, from the most telling form on. */
const TELLING: readonly RegExp[] = [
  /\b(?:fatal )?error(?:\[\w+\]| \w+\d+)?:|\b[A-Z]\w*(?:Error|Exception)\b:?|undefined reference|\bpanic(?:ked)?\b|\bassert(?:ion)?\b.*\bfail/i,
  /\b(?:error|fatal|cannot|can't|could not|not found|no such|failed|failure|denied|unexpected|unresolved|segmentation fault)\b/i,
];
/** Lines that only announce one. */
const ANNOUNCING = /^Traceback \(most recent call last\)|^\s*at .+:\d+:\d+\)?$|^\s*\d+ errors? generated|errors? found/;
/** A path with its extension, before a line number. */
const PLACE = /(?:^|\s|\()((?:[\w@.+-]+\/)*[\w@+-]+\.[A-Za-z]\w{0,4})[:(]\d+/;

/** The line that says best what went wrong in a command's output, and the file it names; undefined without one. */
export function findErrorLine(output: {
  stdout: string;
  stderr: string;
}): { error: string; file?: string } | undefined {
  const [stderr, stdout] = [linesOf(output.stderr), linesOf(output.stdout)];
  const both = [...stderr, ...stdout];
  const found = TELLING.map((form) => both.find((line) => form.test(line))).find((line) => line !== undefined);
  const error = found ?? stderr.at(-1);
  if (error === undefined) return undefined;
  const file = PLACE.exec(error)?.[1];
  return { error, ...(file === undefined ? {} : { file }) };
}

function linesOf(text: string): string[] {
  const lines = stripColours(text)
    .split("\n")
    .map((line) => toRecordText(line, MAX_ERROR_CHARS).trim())
    .filter((line) => line !== "" && !ANNOUNCING.test(line));
  return lines.length <= 2 * MAX_LINES ? lines : [...lines.slice(0, MAX_LINES), ...lines.slice(-MAX_LINES)];
}
