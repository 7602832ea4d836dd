import { readEcmaScript } from "../ecmascript/ecmascript.js";
import type { FileMeasure } from "../file-measure.js";
import { isEcmaScript, languageOf } from "../language.js";
import { readWithRoom } from "../parser-stack.js";
import { measureSource } from "../source.js";
import type { GrammarLanguage } from "../tree/grammar.js";
import { TREE_LANGUAGES } from "../tree/tree-language.js";
import { measureTree, type SeenTree } from "../tree/tree-source.js";
import { ecmaScriptPieces } from "./ecmascript-piece.js";
import type { FileFact } from "./fact.js";
import { fileFact, type ReadFile } from "./file-fact.js";
import { insertPiece, pieceLike } from "./piece.js";
import { treePieces } from "./tree-piece.js";

/** A repository-relative path and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/**
 * Measures a file and reads what the Power of Ten asks of it, by one parse. Throws Fault GRAMMAR_NOT_LOADED as
 * `measureSource` does; a file of a language that is not measured has no facts.
 */
export function readFacts({ path, text }: SourceText): FileFact {
  const language = languageOf(path, text);
  if (language === undefined) return factsOf(measureSource(path, text));
  if (isEcmaScript(language)) {
    const { program, ...read } = readEcmaScript(path, text, language);
    return fileFact({ ...read, language, text, root: ecmaScriptPieces(program, text) });
  }
  return readTree(path, text, language as GrammarLanguage);
}

function readTree(path: string, text: string, language: GrammarLanguage): FileFact {
  let seen: Pick<ReadFile, "root" | "spans" | "comments"> | undefined;
  const look = ({ tree, spans, comments, opened }: SeenTree): void => {
    const root = treePieces(tree, text, TREE_LANGUAGES[language]);
    for (const { start, end } of opened) insertPiece(root, pieceLike({ ...CONDITIONAL, start, end, children: [] }));
    seen = { root, spans, comments };
  };
  const measure = readWithRoom({ path, text, language }, () => measureTree(path, text, language, look));
  return seen === undefined ? factsOf(measure) : fileFact({ measure, language, text, ...seen });
}

/** What stands for a line of conditional compilation that the tree was made without. */
const CONDITIONAL = { kind: "other", type: "preproc_if", role: "", op: "", name: "" } as const;

/** The facts of a file of which only the measure is known: it could not be read, or is of another language. */
export function factsOf(measure: FileMeasure): FileFact {
  return {
    measure,
    functions: [],
    imports: new Map(),
    exports: new Map(),
    exportsAll: [],
    macros: new Map(),
    hidden: new Map(),
    withdrawn: new Map(),
    prototypes: new Map(),
    namespaces: new Set(),
    fields: new Set(),
    bases: new Map(),
    variables: new Set(),
    findings: [],
  };
}
