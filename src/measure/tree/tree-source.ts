import { MAX_PARSE_MS } from "../../kernel/bounds.js";
import { sha256Hex } from "../../kernel/canonical.js";
import { type CountedText, countedText } from "../code-line.js";
import { attachedComment, type Comment } from "../comment.js";
import type { FileFigures, FileMeasure, FunctionFigures, ParseError } from "../file-measure.js";
import type { FunctionSpan } from "../function-draft.js";
import { type LineTable, lineAt, lineTable } from "../line-table.js";
import { ownLength, type Span } from "../own-length.js";
import { findSuppressions } from "../suppression.js";
import type { FlatTree } from "./flat-tree.js";
import type { GrammarLanguage } from "./grammar.js";
import { hiddenCode } from "./hidden-code.js";
import { isPragma, plainDirective, pragmasIn } from "./pragma.js";
import { hashTree } from "./tree-hash.js";
import { TREE_LANGUAGES } from "./tree-language.js";
import { statementsOf } from "./tree-mark.js";
import { type BestReading, readBest } from "./tree-reading.js";
import type { Told, TreeDraft, WalkedTree } from "./tree-walk.js";

/**
 * Measures text of a language read by tree-sitter (DESIGN §9), whose grammar must be loaded. Throws Fault
 * GRAMMAR_NOT_LOADED; text that cannot be read gives `parse: "failed"` or `"partial"` and the reasons. `look` is shown
 * the tree.
 */
export function measureTree(
  path: string,
  text: string,
  language: GrammarLanguage,
  look?: (seen: SeenTree) => void,
): FileMeasure {
  let drafts: readonly TreeDraft[] = [];
  let statements: readonly number[] = [];
  const table = lineTable(text);
  const figures = readTree({ path, text, table }, language, ({ flat, walked, opened }) => {
    drafts = walked.drafts;
    hashTree(walked, flat, text);
    statements = executed(statementsOf(flat, TREE_LANGUAGES[language]), drafts, language);
    look?.({ tree: flat, spans: drafts, comments: walked.comments, opened });
  });
  const functions = figures.functions.map((one, index) => ({ ...one, token_hash: drafts[index]?.hash ?? "" }));
  const lines = new Set(statements.map((offset) => lineAt(table, offset)));
  return { ...figures, functions, executable: [...lines].sort((a, b) => a - b) };
}

/** Where nothing runs outside of functions, the statements within one. Both ascend. */
function executed(statements: number[], drafts: readonly TreeDraft[], language: GrammarLanguage): number[] {
  if (TREE_LANGUAGES[language].runsOutside === true) return statements;
  const outer = drafts.filter(({ parent }) => parent === null);
  let at = 0;
  return statements.filter((offset) => {
    while ((outer[at]?.end ?? Number.POSITIVE_INFINITY) <= offset) at += 1;
    return (outer[at]?.start ?? Number.POSITIVE_INFINITY) < offset;
  });
}

/** `measureTree` without the hashes of the functions' tokens and the lines of statements. */
export function treeFigures(path: string, text: string, language: GrammarLanguage): FileFigures {
  return readTree({ path, text, table: lineTable(text) }, language, () => undefined);
}

/** Figures of a text, whose tree is shown to `look`. */
function readTree(source: Source, language: GrammarLanguage, look: (reading: BestReading) => void): FileFigures {
  const { path, text, table } = source;
  const lines = table.length - (text.endsWith("\n") || text === "" ? 1 : 0);
  const reading = readBest(text, language);
  if (reading === null) {
    const errors = [{ message: `it could not be parsed within ${MAX_PARSE_MS} ms of processor time`, line: 1 }];
    return { path, language, lines, parse: "failed", errors, functions: [], suppressions: [] };
  }
  const { walked } = reading;
  look(reading);
  const { declared } = walked;
  const conflicts = walked.partial ? conflictMarkers(text) : [];
  const hidden = hiddenCode(text, language, walked.comments);
  const unread = walked.errors.map(({ offset, tell }) => ({ offset, ...tell() }));
  const errors = [...unread, ...conflicts, ...hidden].map(
    ({ offset, message, text: there }): ParseError => ({
      message,
      line: lineAt(table, offset),
      key: sha256Hex(there),
    }),
  );
  return {
    path,
    language,
    lines,
    parse: walked.partial || hidden.length > 0 ? "partial" : "ok",
    errors,
    functions: functionsOf(source, walked).map((one) => withDeclared(one, declared)),
    suppressions: findSuppressions([...walked.comments, ...directivesOf(text, language, walked)], table),
    declared: [...declared],
  };
}

function directivesOf(text: string, language: GrammarLanguage, { comments, directives }: WalkedTree): Comment[] {
  const others = directives.filter((one) => !isPragma(one)).map(plainDirective);
  return language === "c" || language === "cpp" ? [...others, ...pragmasIn(text, comments)] : others;
}

/** A tree as it is looked at. */
export interface SeenTree {
  readonly tree: FlatTree;
  /** Where the measure's functions stand, in its order. */
  readonly spans: readonly FunctionSpan[];
  readonly comments: readonly Comment[];
  /** What opens conditional compilation and was left out of the tree. */
  readonly opened: readonly Span[];
}

function withDeclared(one: FunctionFigures, declared: ReadonlySet<string>): FunctionFigures {
  return declared.has(one.qualified_name) ? { ...one, documented: true } : one;
}

/** Lines git leaves in a file that two sides changed, where the text cannot be read as a whole anyway. */
function conflictMarkers(text: string): (Told & { readonly offset: number })[] {
  return [...text.matchAll(/^(?:<{7}|>{7}) \S.*$/gm)].map(({ index, 0: line }) => ({
    offset: index,
    message: `unexpected ${JSON.stringify(line.slice(0, MAX_SHOWN_CHARS))}: a conflict that was not resolved`,
    text: line,
  }));
}

const MAX_SHOWN_CHARS = 40;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly table: LineTable;
}

function functionsOf({ path, text, table }: Source, { drafts, comments }: WalkedTree): FunctionFigures[] {
  const source = { path, ...countedText({ path, text, table }, comments) };
  const orders = new Map<string, number>();
  return drafts.map((draft) => {
    const order = orders.get(draft.qualifiedName) ?? 0;
    orders.set(draft.qualifiedName, order + 1);
    return { ...figuresOf(source, draft, comments), order };
  });
}

function figuresOf(
  source: CountedText & { path: string },
  draft: TreeDraft,
  comments: readonly Comment[],
): Omit<FunctionFigures, "order"> {
  const { path, text, table } = source;
  const commentOf = (offset: number): Comment | undefined => attachedComment(text, comments, offset);
  const nested = draft.nested.map((inner) => ({ start: commentOf(inner.doc)?.start ?? inner.doc, end: inner.end }));
  return {
    file: path,
    name: draft.name,
    qualified_name: draft.qualifiedName,
    kind: draft.kind,
    line: lineAt(table, draft.start),
    end_line: lineAt(table, draft.end),
    body_line: lineAt(table, draft.bodyStart),
    complexity: draft.complexity,
    length: ownLength(source, draft, nested),
    parameters: draft.parameters,
    named: draft.named,
    documented: draft.docstring || commentOf(draft.doc) !== undefined,
    findings: [],
  };
}
