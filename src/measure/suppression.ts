import type { Comment } from "./comment.js";
import type { Suppression } from "./file-measure.js";
import { type LineTable, lineAt } from "./line-table.js";

/** Tools whose directive is their name with `-ignore` or `-disable`. */
const NAMED_TOOLS =
  "deno-lint|deno-fmt|deno-coverage|ts-prune|rome|lint|jslint|stylelint|knip|semgrep|coverage|svelte|standard|xo|sonar|gosec|webhint";

/** What is said of a directive whose tool has no entry of its own. */
const ANY_TOOL = "tool ignore";

/** Directives that must open their comment, as the tools that read them require. */
const OPENING: readonly (readonly [string, RegExp])[] = [
  ["istanbul ignore", /^istanbul\s+ignore\b/],
  ["coverage ignore", /^(?:c8|v8|node:coverage)\s+(?:ignore|disable)\b/],
  ["eslint-disable", /^eslint-disable(?:-next-line|-line)?\b/],
  ["eslint configuration", /^eslint\s+["'@\w-][^:]*:/],
  ["biome-ignore", /^biome-ignore(?:-all|-start)?\b/],
  ["oxlint-disable", /^oxlint-disable(?:-next-line|-line)?\b/],
  ["tslint:disable", /^tslint:disable\b/],
  ["jshint", /^js[hl]int\s+(?:ignore\b|-W\d|\w+\s*:)/],
  ["stryker disable", /^Stryker\s+disable\b/],
  ["flow suppression", /^(?:\$Flow(?:FixMe|Issue|ExpectedError)|@noflow)\b/],
  [ANY_TOOL, new RegExp(`^@?(?:${NAMED_TOOLS})-(?:ignore|disable)(?:-[a-z]+)*(?![\\w-])`)],
  [ANY_TOOL, /^[a-z][\w.-]*-(?:ignore|disable)-(?:next-line|line|file|start|begin|all)\b/],
  [ANY_TOOL, /^[a-z][\w.-]*:(?:file-)?(?:ignore|disable)(?:-[a-z]+)*(?![\w-])/],
  [ANY_TOOL, /^@vite-ignore\b/],
  ["effect diagnostics", /^@effect-diagnostics(?:-next-line)?\s[^\n]*:\s*(?:off|skip-file)\b/],
  ["flow suppression", /^flowlint(?:-next-line|-line)?\s[^\n]*:\s*off\b/],
  ["scanner ignore", /^(?:file\s+)?deepcode\s+ignore\b/],
  ["lint comment", /^(?:LINTED|ARGSUSED)\b/],
  ["splint", /^@(?:-\w+|ignore|i\d*)@/],
  ["MISRA checker", /^(?:parasoft-(?:begin-)?suppress\b|PRQA\s+S\b|polyspace(?:-begin)?(?:\s+[\w-]+:|<))/],
  ["duplication ignore", /^(?:jscpd:ignore-start|CPD-OFF)\b/],
  ["noinspection", /^noinspection\s+\w/],
  ["PC-lint", /^lint\s+(?:--?|!)[a-z]/i],
  ["codechecker", /^codechecker_(?:suppress|intentional|false_positive)\b/],
  ["coverity", /^coverity\s*\[/],
  ["formatter off", /^(?:prettier-ignore|dprint-ignore|clang-format\s+off)\b|^INDENT-OFF\*/],
];

/** Directives that act on any line of a comment that they open. */
const LINE_OPENING: readonly (readonly [string, RegExp])[] = [
  ["ts-ignore", /^@ts-ignore\b/],
  ["ts-nocheck", /^@ts-nocheck\b/],
  ["ts-expect-error", /^@ts-expect-error\b/],
  ["nolint", /^nolint\b/],
  ["knip", /^@knipignore\b/],
  ["race detector", /^go:(?:norace|nocheckptr)\b/],
  ["closure suppression", /^@suppress\s*[({]/],
];

/** Directives that act wherever they stand in a comment. */
const ANYWHERE: readonly (readonly [string, RegExp])[] = [
  ["NOLINT", /\bNOLINT(?:NEXTLINE|BEGIN)?\b/],
  ["NOSONAR", /\bNOSONAR\b/],
  ["NOPMD", /\bNOPMD\b/],
  ["checkstyle", /\bCHECKSTYLE[:. ]\s*(?:OFF|IGNORE)\b|\bSUPPRESS CHECKSTYLE\b|\bCSOFF\b|\bNOCHECKSTYLE\b/],
  ["OCLINT", /\bOCLINT\b/],
  ["PVS-Studio", /(?:^|\/)\s*-V(?:::)?\d{3}/],
  ["nosec", /(?:^|\s|#)nosec\b/],
  ["nosemgrep", /\bnosem(?:grep)?\b/],
  ["scanner ignore", /\b(?:devskim|flawfinder|rats|zizmor):\s*ignore\b|\b(?:checkov:skip|gitleaks:allow)\b/i],
  ["scanner ignore", /(?:^|\s)(?:lgtm|codeql)\s*\[/],
  ["scanner ignore", /\bpragma:\s*allowlist\s+(?:nextline\s+)?secret\b|\bggignore\b/],
  ["lizard", /#\s*lizard\s+forgives?\b/],
  ["noqa", /(?:^|#)\s*(?:flake8:\s*|ruff:\s*)?noqa\b/i],
  ["noqa", /(?:^|#)\s*(?:ruff:\s*(?:disable|(?:file-)?ignore)\b|nopep8\b)/],
  ["type: ignore", /(?:^|#)\s*(?:type|(?:based)?pyright|mypy|ty|pyrefly|zuban):\s*ignore\b/],
  [
    "type checker configuration",
    /(?:^|#)\s*(?:based)?pyright:\s*(?:[^\n]{0,200},\s*)?(?:basic|off|(?:report|strict)\w*\s*=\s*(?:false|"?none))/,
  ],
  [
    "type checker configuration",
    /(?:^|#)\s*mypy:\s*(?:[^\n]{0,200},\s*)?(?:disable|allow|no-|follow-imports|[\w-]+\s*=\s*(?:false|0|no|off)\b)/i,
  ],
  ["pyre", /\bpyre-(?:ignore|fixme)\b/],
  ["pytype", /\bpytype:\s*(?:disable|skip-file)\b/],
  ["fixit", /(?:^|#)\s*lint-fixme\b/],
  ["scanner ignore", /(?:^|#)\s*(?:skipcq\b|sourcery\s+skip\b|complexipy:\s*ignore\b)/],
  ["pylint: disable", /\bpylint:\s*(?:disable|skip-file)\b/],
  ["pragma: no cover", /\bpragma\s*(?::\s*)?no\s*(?:cover|branch)\b/i],
  ["coverage exclusion", /\b(?:L|GR?)COVR?_(?:EXCL|UNREACHABLE)_(?!(?:[A-Z]+_)*STOP\b)[A-Z]|@codeCoverageIgnore/],
  ["diagnostic ignored", /^\s*pragma\s+(?:GCC|clang)\s+diagnostic\s+ignored\b/],
  ["system header", /^\s*pragma\s+(?:(?:GCC|clang)\s+)?system_header\b/],
  ["warning disable", /^\s*pragma\s+warning\s*\((?:[^)]*\b(?:disable|suppress)\b|\s*push\s*,\s*0)/],
  ["warning disable", /^\s*pragma\s+(?:warning\s+disable\b|(?:\w+_)?diag_suppress\b)/],
  ["coverage exclusion", /\bBullseyeCoverage\s+(?:save\s+)?off\b/],
  [
    "analysis attribute",
    /^\s*(?:__attribute|\[\[|pragma\s+clang\s+attribute\b).*(?:\b|_)(?:no_(?:profile_)?instrument_function|no_sanitize|suppress(?![a-z]))/s,
  ],
  ["allow attribute", /^!?\[\s*(?:cfg_attr\s*\(.*,\s*)?(?:r#)?(?:allow|expect)\s*\(/s],
  ["clippy configuration", /^!?\[\s*clippy::\w+\s*=/],
  [
    "coverage attribute",
    /^!?\[\s*(?:cfg_attr\s*\(.*,\s*)?(?:coverage\s*\(\s*off|no_coverage\b|(?:tarpaulin|mutants)::skip\b)/s,
  ],
  ["coverage attribute", /^!?\[\s*cfg\s*\(.*\bnot\s*\(.{0,200}\b(?:tarpaulin|coverage)/s],
  ["SuppressWarnings", /^@\s*(?:[\w.][\w.\s]*\.\s*)?Suppress\w*/],
  [
    "coverage annotation",
    /^@\s*(?:[\w.][\w.\s]*\.\s*)?(?:\w*Generated(?!Value\b|Column\b)\w*|ExcludeFrom\w*Report|CoverageIgnore|NoCoverage)\b/,
  ],
  ["cppcheck-suppress", /\bcppcheck-suppress(?:-begin|-file|-macro)?\b/],
  [
    "formatter off",
    /(?:^|#)\s*(?:fmt:\s*(?:off|skip)|yapf:\s*disable|isort:\s*(?:skip\w*|off)|autopep8:\s*off)\b|@formatter:off\b/,
  ],
  ["formatter off", /^!?\[\s*(?:cfg_attr\s*\(.*,\s*)?rustfmt(?:::|_)skip\b/s],
];

/**
 * Words one of which every directive above has: most comments have none, and are not tried against each. By what they
 * start with, as at each character each of the starts is looked for.
 */
const SPOKEN = new RegExp(
  [
    "a(?:llowlist|rgsused|llow\\s*\\()",
    "c(?:o(?:ver(?:age|ity)|de(?:checker|ql))|pd-|heckstyle|lippy::|soff)",
    "disable",
    "e(?:x(?:cl(?:ude|_)|pect\\s*\\()|slint)",
    "f(?:low|orgive)",
    "g(?:itleaks|enerated)",
    "ignore",
    "jshint",
    "l(?:int|gtm)",
    "mypy",
    "no(?:\\s*(?:cover|branch)|pep8|race|checkptr|s(?:onar|e[cm])|pmd|qa|inspection|_sanitize)",
    "\\boff\\b",
    "p(?:yr(?:ight|e-)|ush|rettier|rqa|olyspace)",
    "report",
    "s(?:uppress|kip|ystem_header)",
    "tarpaulin",
    "unreachable_",
    "-V",
    "_function",
    "@(?:ts-|-\\w+@|i\\d*@)",
    "\\[\\s*(?:r#)?(?:allow|expect)",
  ].join("|"),
  "i",
);

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

/**
 * What tells a directive without the reason that is given for it, where its tool says which part that is: TypeScript reads
 * nothing behind its own, ESLint nothing behind `--`.
 */
export function withoutReason(text: string): string {
  return text.replace(/^((ts-\S+) @\2\b).*/, "$1").replace(/^(eslint-disable .*?) -{2,} .*/, "$1");
}

/** Whether what a comment says, without its delimiters, is such a directive. */
export function switchesOff(value: string): boolean {
  return kindsIn(value).length > 0;
}

function kindsIn(value: string): string[] {
  if (!SPOKEN.test(value)) return [];
  const opening = value.replace(DECORATION, "");
  const lines = value.split("\n").map((line) => line.replace(DECORATION, ""));
  const found = [
    ...OPENING.filter(([, pattern]) => pattern.test(opening)),
    ...LINE_OPENING.filter(([, pattern]) => lines.some((line) => pattern.test(line))),
    ...ANYWHERE.filter(([, pattern]) => pattern.test(value)),
  ];
  const kinds = [...new Set(found.map(([kind]) => kind))];
  return kinds.length > 1 ? kinds.filter((kind) => kind !== ANY_TOOL) : kinds;
}
