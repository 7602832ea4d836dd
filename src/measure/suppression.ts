import type { Comment } from "./comment.js";
import type { Suppression } from "./file-measure.js";
import { type LineTable, lineAt } from "./line-table.js";

/** Directives that must open their comment, as the tools that read them require. */
const OPENING: readonly (readonly [string, RegExp])[] = [
  ["istanbul ignore", /^istanbul\s+ignore\b/],
  ["coverage ignore", /^(?:c8|v8|node:coverage)\s+(?:ignore|disable)\b/],
  ["eslint-disable", /^eslint-disable(?:-next-line|-line)?\b/],
  ["eslint configuration", /^eslint\s+["'@\w-][^:]*:/],
  ["biome-ignore", /^biome-ignore(?:-all|-start)?\b/],
  ["oxlint-disable", /^oxlint-disable(?:-next-line|-line)?\b/],
  ["tslint:disable", /^tslint:disable\b/],
  ["jshint", /^jshint\s+ignore\b/],
  ["stryker disable", /^Stryker\s+disable\b/],
];

/** Directives that act on any line of a comment that they open. */
const LINE_OPENING: readonly (readonly [string, RegExp])[] = [
  ["ts-ignore", /^@ts-ignore\b/],
  ["ts-nocheck", /^@ts-nocheck\b/],
  ["ts-expect-error", /^@ts-expect-error\b/],
  ["nolint", /^nolint\b/],
];

/** Directives that act wherever they stand in a comment. */
const ANYWHERE: readonly (readonly [string, RegExp])[] = [
  ["NOLINT", /\bNOLINT(?:NEXTLINE|BEGIN)?\b/],
  ["NOSONAR", /\bNOSONAR\b/],
  ["nosec", /(?:^|\s|#)nosec\b/],
  ["nosemgrep", /\bnosemgrep\b/],
  ["noqa", /(?:^|#)\s*(?:flake8:\s*|ruff:\s*)?noqa\b/i],
  ["type: ignore", /(?:^|#)\s*(?:type|pyright|mypy):\s*ignore\b/],
  ["pylint: disable", /\bpylint:\s*(?:disable|skip-file)\b/],
  ["pragma: no cover", /\bpragma:\s*no\s*(?:cover|branch)\b/],
  ["coverage exclusion", /\b(?:L|G)COVR?_EXCL_(?:LINE|START|BR_LINE|BR_START)\b/],
  ["diagnostic ignored", /^\s*pragma\s+(?:GCC|clang)\s+diagnostic\s+ignored\b/],
  ["warning disable", /^\s*pragma\s+warning\s*\(\s*disable\b/],
  ["allow attribute", /^!?\[\s*(?:allow|expect)\s*\(/],
  ["SuppressWarnings", /^@SuppressWarnings\b/],
  ["cppcheck-suppress", /\bcppcheck-suppress(?:-begin|-file|-macro)?\b/],
];

/** Words one of which every directive above has: most comments have none, and are not tried against each. */
const SPOKEN =
  /ignore|disable|eslint|skip-file|no\s*(?:cover|branch)|@ts-|nolint|NOSONAR|nosec|nosemgrep|noqa|EXCL_|\[\s*(?:allow|expect)|SuppressWarnings|cppcheck-suppress/i;

const DECORATION = /^[\s*!/#]+/;

/**
 * The directives to tools in these comments that switch a rule off, one entry for each comment and kind. String
 * literals that hold the same words are no comments and are not seen.
 */
export function findSuppressions(comments: readonly Comment[], table: LineTable): Suppression[] {
  return comments.flatMap((comment) =>
    kindsIn(comment.value).map((kind) => ({
      kind,
      text: `${kind} ${comment.value.replace(/\s+/g, " ").trim()}`,
      line: lineAt(table, comment.start),
    })),
  );
}

function kindsIn(value: string): string[] {
  if (!SPOKEN.test(value)) return [];
  const opening = value.replace(DECORATION, "");
  const lines = value.split("\n").map((line) => line.replace(DECORATION, ""));
  return [
    ...OPENING.filter(([, pattern]) => pattern.test(opening)),
    ...LINE_OPENING.filter(([, pattern]) => lines.some((line) => pattern.test(line))),
    ...ANYWHERE.filter(([, pattern]) => pattern.test(value)),
  ].map(([kind]) => kind);
}
