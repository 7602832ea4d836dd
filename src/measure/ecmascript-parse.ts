import { parseSync, rawTransferSupported } from "oxc-parser";
import { type Comment, isInComment } from "./comment.js";
import type { FileMeasure, ParseError } from "./file-measure.js";
import type { Language } from "./language.js";
import { type LineTable, lineAt } from "./line-table.js";
import { nestsTooDeeply } from "./nesting.js";

/** A syntax node as oxc-parser gives it (ESTree with its TypeScript extension). */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** A parsed file: its tree, its comments in order, and what could not be read. */
export interface ParsedSource {
  program: SyntaxNode;
  comments: readonly Comment[];
  parse: FileMeasure["parse"];
  errors: ParseError[];
}

const DECORATOR = /(?<![\w"'`/.\\])@(?=[\w$(])/g;

type Options = NonNullable<Parameters<typeof parseSync>[2]>;

/**
 * Parses ECMAScript or TypeScript text. A JavaScript file is tried as what its name says, then as CommonJS, where
 * `return` may stand outside a function. Never throws: what cannot be read is an error of the result.
 */
export function parseEcmaScript(path: string, text: string, language: Language, table: LineTable): ParsedSource {
  if (nestsTooDeeply(text)) return failed("nested too deeply to be parsed safely");
  let first: ParsedSource | undefined;
  for (const options of attempts(path, language)) {
    const parsed = parseOnce(path, text, options, table);
    if (parsed.errors.length === 0) return parsed;
    first ??= parsed;
  }
  return first ?? failed("not a language this parser reads");
}

function attempts(path: string, language: Language): Options[] {
  if (language === "tsx") return [{ lang: "tsx" }];
  if (language === "typescript") return [{ lang: /\.d\.[cm]?ts$/i.test(path) ? "dts" : "ts" }];
  if (language === "javascript") return [{ lang: "jsx" }, { lang: "jsx", sourceType: "commonjs" }];
  return [];
}

function parseOnce(path: string, text: string, options: Options, table: LineTable): ParsedSource {
  try {
    const parsed = parseAs("js", path, text, options);
    const result =
      options.lang !== "jsx" && hasDecorator(text, parsed.comments) ? parseAs("ts", path, text, options) : parsed;
    const errors = result.errors
      .filter((error) => error.severity === "Error")
      .map((error) => ({ message: error.message, line: lineAt(table, error.labels[0]?.start ?? 0) }));
    const program = result.program as unknown as SyntaxNode;
    const empty = Array.isArray(program["body"]) && program["body"].length === 0;
    const parse = errors.length === 0 ? "ok" : empty ? "failed" : "partial";
    return { program, comments: result.comments, parse, errors };
  } catch {
    return failed("the parser gave up on this file");
  }
}

/** A tree without types (`js`) is half as large; only one with types has the decorators of parameters. */
function parseAs(astType: "js" | "ts", path: string, text: string, options: Options): ReturnType<typeof parseSync> {
  const full: Options = { preserveParens: false, astType, ...options };
  return handedOver(path, text, full) ?? parseSync(path, text, full);
}

/**
 * From Node 22 on the parser can hand its tree over in memory instead of as JSON, at a sixth of the cost. That takes
 * 6 GiB of addresses; where they cannot be had, or a tree is too deep to be read that way, undefined: JSON is the way.
 */
function handedOver(path: string, text: string, options: Options): ReturnType<typeof parseSync> | undefined {
  if (!rawTransferSupported()) return undefined;
  try {
    return parseSync(path, text, { ...options, experimentalRawTransfer: true } as Options);
  } catch {
    return undefined;
  }
}

function hasDecorator(text: string, comments: readonly Comment[]): boolean {
  for (const { index } of text.matchAll(DECORATOR)) if (!isInComment(comments, index)) return true;
  return false;
}

/** The result for text that is not given to the parser, or on which it broke. */
export function failed(message: string): ParsedSource {
  const program: SyntaxNode = { type: "Program", start: 0, end: 0, body: [] };
  return { program, comments: [], parse: "failed", errors: [{ message, line: 1 }] };
}
