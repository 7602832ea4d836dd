import { parseSync } from "oxc-parser";
import { type Comment, isInComment } from "../comment.js";
import type { FileMeasure, ParseError } from "../file-measure.js";
import type { Language } from "../language.js";
import { type LineTable, lineAt } from "../line-table.js";
import { oxcPart } from "./oxc-part.js";
import { noteReadAsJson, parseInMemory, type TreeInMemory } from "./parser-memory.js";
import { dangerOf } from "./parser-safety.js";

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

const DECORATOR = /(?<![\w"'`/.\\])@(?=[\w$(])/y;

type Options = NonNullable<Parameters<typeof parseSync>[2]>;

const COMMON: Options = { preserveParens: false };

/**
 * Parses ECMAScript or TypeScript text. A JavaScript file is tried as what its name says, then as CommonJS, where
 * `return` may stand outside a function. Never throws: what cannot be read is an error of the result.
 */
export function parseEcmaScript(path: string, text: string, language: Language, table: LineTable): ParsedSource {
  const danger = dangerTo(path, text, language);
  if (danger !== undefined) return failed(danger);
  let first: ParsedSource | undefined;
  for (const options of attempts(path, language)) {
    const parsed = parseOnce(path, text, options, table);
    if (parsed.errors.length === 0) return parsed;
    first ??= parsed;
  }
  return first ?? failed("not a language this parser reads");
}

/**
 * Parses text as what its name says and leaves the tree in memory; undefined where that cannot be had, or text must
 * not be given to the parser. Throws what the parser does.
 */
export function parseForVisit(path: string, text: string, language: Language): TreeInMemory | undefined {
  const [options] = attempts(path, language);
  if (options === undefined || dangerTo(path, text, language) !== undefined) return undefined;
  return parseInMemory(path, text, { ...COMMON, ...options });
}

/** Why the parser must not be given a text; undefined where it may be. */
function dangerTo(path: string, text: string, language: Language): string | undefined {
  return dangerOf({ path, text, hasJsx: language !== "typescript", attempts: attempts(path, language) });
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

type Result = Pick<ReturnType<typeof parseSync>, "program" | "comments" | "errors">;

/** A tree without types (`js`) is half as large; only one with types has the decorators of parameters. */
function parseAs(astType: "js" | "ts", path: string, text: string, options: Options): Result {
  const full: Options = { ...COMMON, astType, ...options };
  const handedOver = readInMemory(path, text, full);
  if (handedOver === undefined) noteReadAsJson(text.length);
  return handedOver ?? parseSync(path, text, full);
}

/** Reads a tree from memory, at a sixth of the cost of JSON; undefined where it is not there, or too deep for that. */
function readInMemory(path: string, text: string, options: Options): Result | undefined {
  try {
    const tree = parseInMemory(path, text, options);
    return tree === undefined ? undefined : deserialize(tree, text, options);
  } catch {
    return undefined;
  }
}

interface Deserializer {
  readonly deserialize: (bytes: Uint8Array, text: string, sourceStart: number, sourceBytes: number) => Result;
}

/** Those that were loaded: to find one again costs as much as to read a short file with it. */
const deserializers = new Map<Options["astType"], Deserializer>();

function deserializerOf(astType: Options["astType"]): Deserializer {
  const known = deserializers.get(astType) ?? (oxcPart(`src-js/generated/deserialize/${astType}`) as Deserializer);
  deserializers.set(astType, known);
  return known;
}

function deserialize(tree: TreeInMemory, text: string, { astType }: Options): Result {
  const { deserialize: read } = deserializerOf(astType);
  const { program, comments, errors } = read(tree.bytes, text, tree.sourceStart, tree.sourceBytes);
  const { hashbang } = program;
  if (astType === "ts" || hashbang === null) return { program, comments, errors };
  const { value, start, end } = hashbang;
  return { program, comments: [{ type: "Line", value, start, end }, ...comments], errors };
}

function hasDecorator(text: string, comments: readonly Comment[]): boolean {
  for (let at = text.indexOf("@"); at !== -1; at = text.indexOf("@", at + 1)) {
    DECORATOR.lastIndex = at;
    if (DECORATOR.test(text) && !isInComment(comments, at)) return true;
  }
  return false;
}

/** The result for text that is not given to the parser, or on which it broke. */
export function failed(message: string): ParsedSource {
  const program: SyntaxNode = { type: "Program", start: 0, end: 0, body: [] };
  return { program, comments: [], parse: "failed", errors: [{ message, line: 1 }] };
}
