import { type CountedText, countedText } from "../code-line.js";
import { attachedComment, type Comment } from "../comment.js";
import type { FileFigures, FileMeasure, FunctionFigures } from "../file-measure.js";
import type { Draft, FunctionSpan } from "../function-draft.js";
import type { Language } from "../language.js";
import { type LineTable, lineAt, lineTable } from "../line-table.js";
import { ownLength } from "../own-length.js";
import { findSuppressions } from "../suppression.js";
import { type ParsedSource, parseEcmaScript, type SyntaxNode } from "./ecmascript-parse.js";
import { type WalkedSource, walkSource } from "./ecmascript-walk.js";
import { hashTokens } from "./token-hash.js";

interface Text extends CountedText {
  path: string;
  comments: readonly Comment[];
  /** Documentation that was looked for: of a function it is asked up to three times. */
  docs: Map<Draft, Comment | undefined>;
}

/** A measured file with the tree it was read from. */
export interface ReadEcmaScript {
  readonly measure: FileMeasure;
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  /** Where the measure's functions stand, in its order. */
  readonly spans: readonly FunctionSpan[];
}

/** Measures ECMAScript or TypeScript text (DESIGN §9). Never throws. */
export function measureEcmaScript(path: string, text: string, language: Language): FileMeasure {
  return readEcmaScript(path, text, language).measure;
}

/** `measureEcmaScript` without the hashes of the functions' tokens and the lines of statements. */
export function ecmaScriptFigures(path: string, text: string, language: Language): FileFigures {
  return readFigures(path, text, language).figures;
}

/** `measureEcmaScript`, for who looks at the tree as well. */
export function readEcmaScript(path: string, text: string, language: Language): ReadEcmaScript {
  const { figures, table, parsed, walked, spans } = readFigures(path, text, language);
  hashTokens(parsed.program, walked.opened);
  const functions = figures.functions.map((one, index) => ({ ...one, token_hash: spans[index]?.hash ?? "" }));
  const measure = { ...figures, functions, executable: distinctLines(walked.statements, table) };
  return { measure, program: parsed.program, comments: parsed.comments, spans };
}

interface ReadFigures {
  figures: FileFigures;
  table: LineTable;
  parsed: ParsedSource;
  walked: WalkedSource;
  spans: Draft[];
}

function readFigures(path: string, text: string, language: Language): ReadFigures {
  const table = lineTable(text);
  const parsed = parseEcmaScript(path, text, language, table);
  const walked = walkSource(parsed.program);
  const spans = listedDrafts(walked);
  const figures: FileFigures = {
    path,
    language,
    lines: table.length - (text.endsWith("\n") || text === "" ? 1 : 0),
    parse: parsed.parse,
    errors: parsed.errors,
    functions: functionsOf(
      { path, comments: parsed.comments, docs: new Map(), ...countedText({ path, text, table }, parsed.comments) },
      walked,
      spans,
    ),
    suppressions: findSuppressions(parsed.comments, table),
  };
  return { figures, table, parsed, walked, spans };
}

/** A class field's initialiser is listed where it decides something. */
function listedDrafts(walked: WalkedSource): Draft[] {
  const kept = walked.drafts.filter((draft) => draft.kind !== "field" || draft.complexity > 1);
  return kept.sort((a, b) => a.start - b.start || b.end - a.end);
}

function distinctLines(offsets: readonly number[], table: LineTable): number[] {
  return [...new Set(offsets.map((offset) => lineAt(table, offset)))].sort((a, b) => a - b);
}

function functionsOf(source: Text, walked: WalkedSource, kept: readonly Draft[]): FunctionFigures[] {
  const orders = new Map<string, number>();
  const documented = documentedNames(source, walked, kept);
  return kept.map((draft) => {
    const order = orders.get(draft.qualifiedName) ?? 0;
    orders.set(draft.qualifiedName, order + 1);
    const isDocumented = documented.has(draft.qualifiedName) || docOf(source, draft) !== undefined;
    return figuresOf(source, draft, order, isDocumented);
  });
}

/** Names documented once for several bodies: overloads, getter and setter, a class for its constructor. */
function documentedNames(source: Text, walked: WalkedSource, drafts: readonly Draft[]): Set<string> {
  const named = drafts.filter((draft) => draft.named && docOf(source, draft)).map((draft) => draft.qualifiedName);
  const signed = walked.signatures
    .filter(({ offset }) => attachedComment(source.text, source.comments, offset) !== undefined)
    .map(({ name }) => name);
  return new Set([...named, ...signed]);
}

function docOf({ text, comments, docs }: Text, draft: Draft): Comment | undefined {
  const known = docs.get(draft);
  if (known !== undefined || docs.has(draft)) return known;
  const found = attachedComment(text, comments, draft.doc);
  docs.set(draft, found);
  return found;
}

function figuresOf(source: Text, draft: Draft, order: number, documented: boolean): FunctionFigures {
  const { table } = source;
  return {
    file: source.path,
    name: draft.name,
    qualified_name: draft.qualifiedName,
    kind: draft.kind,
    line: lineAt(table, draft.start),
    end_line: lineAt(table, draft.end),
    body_line: lineAt(table, draft.bodyStart),
    complexity: draft.complexity,
    length: ownLength(source, draft, nestedSpans(source, draft)),
    parameters: draft.parameters,
    named: draft.named,
    findings: [],
    order,
    documented,
  };
}

function nestedSpans(source: Text, draft: Draft): { start: number; end: number }[] {
  const flat = draft.nested.flatMap((inner) => (inner.kind === "field" ? inner.nested : [inner]));
  return flat.map((inner) => ({
    start: docOf(source, inner)?.start ?? inner.start,
    end: inner.end,
  }));
}
